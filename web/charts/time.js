// time.js: what is busy over time: the campaign of Einsums, and the slices of ports and units.
// SPDX-License-Identifier: MIT
import {count, cycles, percent} from './numbers.js';
import {pesOf, sum, unitOf, workOf} from './runs.js';
import {scaleOf, unitAxis} from './theme.js';

/** Einsums one after another, each as wide as its share of its group's time. */
export function campaignRows(page, run) {
    const rows = [];
    let at = 0;
    run.groups.forEach((group, g) => {
        const members = run.einsums.filter((einsum) => einsum.group === g + 1);
        const width = group.cycles ?? group.bound_cycles;
        const all = sum(members.map((einsum) => einsum.compute_cycles)) || 1;
        for (const einsum of members) {
            const unit = unitOf(page, einsum.unit);
            const share = width * (einsum.compute_cycles / all || 1 / members.length);
            rows.push({
                einsum: einsum.name,
                group: g + 1,
                from: at,
                to: at + share,
                compute: share > 0 ? Math.min(1, workOf(unit, einsum) / (pesOf(unit) * share)) : 0,
                dram: width > 0 ? Math.min(1, group.dram_cycles / width) : 0,
            });
            at += share;
        }
    });
    return rows;
}

export function campaign(page, run, name, longest) {
    const spans = campaignRows(page, run);
    const ends = run.groups.map((group) => group.start_cycle).filter((start) => start > 0);
    const rows = spans.flatMap((span) =>
        [
            ['compute', span.compute],
            ['DRAM', span.dram],
        ].map(([resource, used]) => ({
            ...span,
            resource,
            used,
            lane: resource === 'compute' ? used : -used,
            base: 0,
            shown: percent(used),
            width: cycles(span.to - span.from),
        })),
    );
    const total = spans.at(-1)?.to || 1;
    const mean = (key) => percent(sum(spans.map((s) => s[key] * (s.to - s.from))) / total);
    return {
        name,
        title: `Utilisation over time, ${run.strategy}`,
        rows,
        says:
            `PEs do useful work ${mean('compute')} of the time (upwards), DRAM is busy ${mean('dram')} (downwards), in ${run.groups.length} group${run.groups.length === 1 ? '' : 's'}. ` +
            'Einsums stand in the order of the schedule; those of a fused group alternate tile by tile, and are drawn one after another, each with its share of the group.',
        columns: [
            ['Einsum', 'einsum'],
            ['group', 'group'],
            ['resource', 'resource'],
            ['from cycle', 'from'],
            ['to cycle', 'to'],
            ['utilisation', 'used'],
        ],
        spec: (look) => ({
            height: 170,
            layer: [
                {
                    mark: {type: 'rect', stroke: null},
                    encoding: {
                        x: {
                            field: 'from',
                            type: 'quantitative',
                            title: 'cycles',
                            axis: unitAxis('', {grid: false}),
                            scale: {domain: [0, longest], nice: false},
                        },
                        x2: {field: 'to'},
                        y: {
                            field: 'lane',
                            type: 'quantitative',
                            title: 'DRAM   |   compute',
                            scale: {domain: [-1, 1]},
                            axis: {values: [-1, -0.5, 0, 0.5, 1], labelExpr: "format(abs(datum.value), '.0%')"},
                        },
                        y2: {field: 'base'},
                        color: {
                            field: 'resource',
                            type: 'nominal',
                            title: null,
                            scale: scaleOf(
                                [
                                    ['compute', 'compute'],
                                    ['DRAM', 'dram'],
                                ],
                                look,
                            ),
                        },
                        opacity: {condition: {test: 'datum.group % 2 == 1', value: 0.95}, value: 0.65},
                        tooltip: [
                            {field: 'einsum', title: 'Einsum'},
                            {field: 'group'},
                            {field: 'resource'},
                            {field: 'shown', title: 'utilisation'},
                            {field: 'width', title: 'takes'},
                        ],
                    },
                },
                {
                    data: {values: ends.map((at) => ({at}))},
                    mark: {type: 'rule', strokeDash: [3, 2], opacity: 0.6},
                    encoding: {x: {field: 'at', type: 'quantitative'}},
                },
            ],
        }),
    };
}

const resourceName = (r) =>
    ({port: `${r.of} port`, 'write port': `${r.of} write port`, link: `link of ${r.of}`})[r.kind] ?? r.of;

export function gantt(page, run, window, w) {
    const resources = run.simulation.resources.map(resourceName);
    const span = window.to_cycle - window.from_cycle;
    const rows = window.slices.map(([resource, name, from, to]) => {
        const what = window.names[name],
            [word] = what.split(' ');
        const kind = word === 'load' || word === 'store' ? word : 'compute';
        return {
            resource: resources[resource],
            what,
            kind,
            from,
            to,
            shown: cycles(to - from),
            middle: (from + to) / 2,
            label: to - from > 0.012 * span * (what.length + 1) ? what : '',
        };
    });
    const busy = resources.map((name) => [
        name,
        sum(rows.filter((r) => r.resource === name).map((r) => r.to - r.from)) / span,
    ]);
    return {
        name: `gantt-${w + 1}`,
        title: `Who is busy: ${window.title}`,
        rows,
        says: `From cycle ${count(window.from_cycle)} to ${count(window.to_cycle)}, ${rows.length} commands. Busy: ${busy.map(([name, share]) => `${name} ${percent(share)}`).join(', ')}.`,
        columns: [
            ['resource', 'resource'],
            ['command', 'what'],
            ['kind', 'kind'],
            ['from cycle', 'from'],
            ['to cycle', 'to'],
        ],
        spec: (look) => ({
            height: {step: 46},
            encoding: {y: {field: 'resource', type: 'nominal', sort: null, title: null, scale: {domain: resources}}},
            layer: [
                {
                    mark: {
                        type: 'bar',
                        stroke: look === 'dark' ? '#16191c' : 'white',
                        strokeWidth: rows.length < 100 ? 0.5 : 0.2,
                        height: {band: 0.8},
                    },
                    encoding: {
                        x: {
                            field: 'from',
                            type: 'quantitative',
                            title: 'cycle',
                            axis: unitAxis(''),
                            scale: {domain: [window.from_cycle, window.to_cycle], nice: false, zero: false},
                        },
                        x2: {field: 'to'},
                        color: {
                            field: 'kind',
                            type: 'nominal',
                            title: null,
                            scale: scaleOf(
                                [
                                    ['load', 'dram'],
                                    ['compute', 'compute'],
                                    ['store', 'static'],
                                ],
                                look,
                            ),
                        },
                        tooltip: [
                            {field: 'what', title: 'command'},
                            {field: 'resource'},
                            {field: 'shown', title: 'takes'},
                            {field: 'from', title: 'from cycle', format: ',.1f'},
                        ],
                    },
                },
                {
                    mark: {
                        type: 'text',
                        baseline: 'middle',
                        fontSize: look === 'paper' ? 5 : 10,
                        fill: look === 'dark' ? '#111' : 'white',
                    },
                    encoding: {x: {field: 'middle', type: 'quantitative'}, text: {field: 'label'}},
                },
            ],
        }),
    };
}
