// verified.js: the checks of schedules that were executed, and their charts; the chart of a study of numbers.
// SPDX-License-Identifier: MIT
import {integer, percent, traffic} from './numbers.js';
import {huesOf, scaleOf} from './theme.js';

/** Errors: 3 digits, whatever their size. */
export const small = (x) => (x === 0 ? '0' : x == null ? '\u2013' : Number(x.toPrecision(3)).toString());
/** Of a chart with n lines. */
const height = (n, most = 18) => ({step: Math.max(12, Math.min(most, 700 / Math.max(1, n))), for: 'position'});

// ---- checks --------------------------------------------------------------------------------------------------------------

const pair = (check, item, {ok, executed, charged}, isBytes = true) => ({
    check,
    item,
    ok,
    counted: executed,
    charged,
    isBytes,
});

/** Every check of a run, one for each row of the CSV: {check, item, ok, counted, charged, isBytes}, without numbers for values. */
export function checksOf(run) {
    if (run.status !== 'executed') return [{check: 'not executed', item: run.reason ?? '', ok: false}];
    return [
        pair('DRAM read', '', run.dram_read),
        pair('DRAM written', '', run.dram_write),
        ...run.memories.flatMap((m) => [
            pair('loaded into', m.name, m.in),
            pair('stored from', m.name, m.out),
            pair('peak of', m.name, m.peak),
            {
                check: 'place taken in',
                item: m.name,
                counted: m.extent_bytes,
                charged: m.capacity_bytes,
                isBytes: true,
                isLimit: true,
                ok: m.capacity_bytes == null || m.extent_bytes <= m.capacity_bytes,
            },
        ]),
        pair('computations', '', run.computations, false),
        ...run.values.map((v) => ({
            check: v.split ? 'values, within bounds' : 'values, to the last bit',
            item: v.name,
            ok: v.ok,
        })),
        ...run.cuts.map((cut) => ({check: 'stored values, within bounds', item: cut.name, ok: cut.ok})),
        ...run.traffic.flatMap((t) => [pair('read from DRAM', t.name, t.read), pair('written to DRAM', t.name, t.write)]),
    ];
}

// ---- charts --------------------------------------------------------------------------------------------------------------

/** Of every run, in the order of the page. Names carry the number of the run where there are several. */
export function verifiedCharts(page) {
    const {runs, study} = page.verification;
    if (study) return studyCharts(study);
    return runs.flatMap((run, i) => runCharts(run, runs.length > 1 ? `-${i + 1}` : ''));
}

export function runCharts(run, suffix) {
    if (run.status !== 'executed') return [];
    const charts = [bytes(run, suffix), errors(run, suffix)];
    if (run.values.some((v) => v.operands?.of_bound > 0)) charts.push(bounds(run, suffix));
    return charts;
}

const titled = (run, title) => `${title}: ${run.strategy}${run.part ? `, ${run.part}` : ''}`;

function bytes(run, suffix) {
    const rows = run.traffic.flatMap((t) =>
        [
            ['read', t.read],
            ['written', t.write],
        ].flatMap(([way, {ok, executed, charged}]) =>
            executed > 0 || charged > 0
                ? [
                      {
                          tensor: t.name,
                          way,
                          charged,
                          counted: executed,
                          verdict: ok ? 'agrees' : 'FAILED',
                          shown: `${integer(executed)} of ${integer(charged)} bytes`,
                      },
                  ]
                : [],
        ),
    );
    const failed = rows.filter((r) => r.verdict !== 'agrees');
    const least = Math.min(...rows.flatMap((r) => [r.charged, r.counted]).filter((n) => n > 0));
    const y = {field: 'tensor', type: 'nominal', sort: null, title: null};
    const layer = (field, what, mark) => (look) => ({
        mark: {type: 'point', ...mark, opacity: 1},
        encoding: {
            y,
            yOffset: {field: 'way', type: 'nominal', scale: {domain: ['read', 'written']}},
            x: {
                field,
                type: 'quantitative',
                title: 'DRAM traffic (bytes, logarithmic)',
                axis: {format: '~s', tickCount: 6},
                scale: {type: 'log', domainMin: least / 2, nice: false, clamp: true},
            },
            color: {
                field: 'way',
                type: 'nominal',
                title: null,
                scale: scaleOf(
                    [
                        ['read', 'dram'],
                        ['written', 'static'],
                    ],
                    look,
                ),
            },
            shape: {
                datum: what,
                type: 'nominal',
                title: null,
                scale: {domain: ['charged', 'counted'], range: ['square', 'circle']},
            },
            tooltip: [
                {field: 'tensor'},
                {field: 'way', title: 'direction'},
                {field: 'shown', title: 'counted of charged'},
                {field: 'verdict'},
            ],
        },
    });
    return {
        name: `bytes${suffix}`,
        title: titled(run, 'Bytes charged and bytes counted'),
        rows,
        says:
            failed.length > 0
                ? `FAILED: ${failed.map((r) => `${r.tensor} ${r.way}`).join(', ')}. A dot outside of its square is a tensor that moved other bytes than were charged.`
                : `Each dot (counted while executing) lies in its square (charged by the model): ${traffic(run.dram_read.executed)} read and ${traffic(run.dram_write.executed)} written, to the byte.`,
        columns: [
            ['tensor', 'tensor'],
            ['direction', 'way'],
            ['charged bytes', 'charged'],
            ['counted bytes', 'counted'],
            ['verdict', 'verdict'],
        ],
        spec: (look) => ({
            height: height(new Set(rows.map((r) => r.tensor)).size, 24),
            layer: [
                layer('charged', 'charged', {
                    filled: false,
                    size: look === 'paper' ? 30 : 110,
                    strokeWidth: look === 'paper' ? 0.6 : 1.2,
                })(look),
                layer('counted', 'counted', {filled: true, size: look === 'paper' ? 8 : 26})(look),
            ],
        }),
    };
}

const measures = [
    {name: 'largest', field: 'largest', hue: 'compute', shape: 'circle'},
    {name: 'root mean square', field: 'rms', hue: 'buffer', shape: 'triangle-up'},
];

function errors(run, suffix) {
    const rows = run.values.map((v) => ({
        tensor: v.name,
        role: v.role,
        format: v.format,
        largest: v.unrounded.max_relative,
        rms: v.unrounded.rms_relative,
        ulp: v.unrounded.max_ulp,
        shown: small(v.unrounded.max_relative),
        shownRms: small(v.unrounded.rms_relative),
        shownUlp: small(v.unrounded.max_ulp),
    }));
    const known = rows.filter((r) => r.largest > 0);
    const worst = known.length ? known.reduce((a, b) => (b.largest > a.largest ? b : a)) : null;
    const none = rows.length - known.length;
    return {
        name: `errors${suffix}`,
        title: titled(run, 'What rounding does to each tensor'),
        rows,
        says: worst
            ? `Against the same computation without rounding: ${worst.tensor} is off most, ${worst.shown} of its largest magnitude (${worst.shownUlp} units in the last place of ${worst.format}).${none > 0 ? ` ${none} tensors are not off at all, and not drawn.` : ''} For information: no check asks for it.`
            : 'No tensor differs from the same computation without rounding.',
        columns: [
            ['tensor', 'tensor'],
            ['role', 'role'],
            ['format', 'format'],
            ['largest, relative', 'largest'],
            ['rms, relative', 'rms'],
            ['largest, ulps', 'ulp'],
        ],
        spec: (look) => ({
            data: {values: known},
            height: height(known.length),
            layer: measures.map(({name, field}) => ({
                mark: {type: 'point', filled: true, opacity: 1, size: look === 'paper' ? 12 : 40},
                transform: [{filter: `datum.${field} > 0`}, {calculate: `'${name}'`, as: 'measure'}],
                encoding: {
                    y: {field: 'tensor', type: 'nominal', sort: null, title: null},
                    x: {
                        field,
                        type: 'quantitative',
                        title: 'relative error (logarithmic)',
                        scale: {type: 'log'},
                        axis: {format: '.0e', tickCount: 6},
                    },
                    color: {
                        field: 'measure',
                        type: 'nominal',
                        title: null,
                        scale: scaleOf(
                            measures.map((m) => [m.name, m.hue]),
                            look,
                        ),
                    },
                    shape: {
                        field: 'measure',
                        type: 'nominal',
                        title: null,
                        scale: {domain: measures.map((m) => m.name), range: measures.map((m) => m.shape)},
                    },
                    tooltip: [
                        {field: 'tensor'},
                        {field: 'shown', title: 'largest, relative'},
                        {field: 'shownRms', title: 'rms, relative'},
                        {field: 'shownUlp', title: 'largest, ulps'},
                    ],
                },
            })),
        }),
    };
}

function bounds(run, suffix) {
    const rows = run.values
        .filter((v) => v.operands?.of_bound > 0)
        .map((v) => ({
            tensor: v.name,
            share: v.operands.of_bound,
            shown: percent(v.operands.of_bound),
            verdict: v.ok ? 'within' : 'OUTSIDE',
        }));
    const most = rows.reduce((a, b) => (b.share > a.share ? b : a));
    const beyond = rows.filter((r) => r.verdict !== 'within');
    return {
        name: `bounds${suffix}`,
        title: titled(run, 'Sums that the schedule splits, beside their bounds'),
        rows,
        says:
            beyond.length > 0
                ? `FAILED: ${beyond.map((r) => r.tensor).join(', ')} beyond the bound of rounding.`
                : `A split sum rounds in another order. ${most.tensor} comes nearest to what rounding may do: ${most.shown} of its bound.`,
        columns: [
            ['tensor', 'tensor'],
            ['share of the bound', 'share'],
            ['verdict', 'verdict'],
        ],
        spec: (look) => ({
            height: height(rows.length),
            layer: [
                {
                    mark: {type: 'bar', color: huesOf(look).compute, height: {band: 0.6}},
                    encoding: {
                        y: {field: 'tensor', type: 'nominal', sort: null, title: null},
                        x: {
                            field: 'share',
                            type: 'quantitative',
                            title: 'largest deviation, as a share of its bound',
                            axis: {format: '.0%'},
                            scale: {domainMin: 0, domainMax: Math.max(1.05, most.share * 1.05)},
                        },
                        tooltip: [{field: 'tensor'}, {field: 'shown', title: 'of the bound'}, {field: 'verdict'}],
                    },
                },
                {
                    data: {values: [{at: 1}]},
                    mark: {type: 'rule', strokeDash: [4, 3]},
                    encoding: {x: {field: 'at', type: 'quantitative'}},
                },
            ],
        }),
    };
}

// ---- studies -------------------------------------------------------------------------------------------------------------

const shapes = ['circle', 'diamond', 'square', 'triangle-up', 'cross', 'triangle-down'];
const colours = ['compute', 'dram', 'buffer', 'static', 'carry', 'before'];

function studyCharts(study) {
    return [
        ['rms', 'rms_relative', 'Root mean square errors by tensor', 'the root mean square'],
        ['largest', 'max_relative', 'Largest errors by tensor', 'the largest magnitude'],
    ].map(([name, field, title, of]) => studyChart(study, name, field, title, of));
}

function studyChart(study, name, field, title, of) {
    const rows = study.flatMap((choice) =>
        choice.values.map((v) => ({
            choice: choice.choice,
            tensor: v.name,
            role: v.role,
            error: v.unrounded[field],
            ulp: v.unrounded.max_ulp,
            shown: small(v.unrounded[field]),
            infinite: v.elements - v.unrounded.finite,
        })),
    );
    const known = rows.filter((r) => r.error > 0);
    const worst = known.length ? known.reduce((a, b) => (b.error > a.error ? b : a)) : null;
    const names = study.map((choice) => choice.choice),
        off = new Set(known.map((r) => r.tensor));
    const order = study[0].values.map((v) => v.name).filter((tensor) => off.has(tensor)); // as the Einsums make them
    const cycled = (list) => names.map((_, i) => list[i % list.length]);
    return {
        name: `study-${name}`,
        title,
        rows,
        says: worst
            ? `Relative to ${of} of each tensor. ${worst.tensor} is off most, ${worst.shown}, under ${worst.choice}. What is not off is not drawn.`
            : 'No choice changes any tensor.',
        columns: [
            ['choice', 'choice'],
            ['tensor', 'tensor'],
            ['role', 'role'],
            ['error', 'error'],
            ['largest, ulps', 'ulp'],
            ['not finite', 'infinite'],
        ],
        spec: (look) => ({
            data: {values: known},
            height: height(order.length, 20),
            mark: {type: 'point', filled: true, opacity: 0.9, size: look === 'paper' ? 14 : 50},
            encoding: {
                y: {field: 'tensor', type: 'nominal', title: null, scale: {domain: order}},
                x: {
                    field: 'error',
                    type: 'quantitative',
                    title: 'relative error (logarithmic)',
                    scale: {type: 'log'},
                    axis: {format: '.0e', tickCount: 6},
                },
                color: {
                    field: 'choice',
                    type: 'nominal',
                    title: null,
                    scale: {domain: names, range: cycled(colours).map((hue) => huesOf(look)[hue])},
                    legend: {columns: 3},
                },
                shape: {field: 'choice', type: 'nominal', title: null, scale: {domain: names, range: cycled(shapes)}},
                tooltip: [
                    {field: 'choice'},
                    {field: 'tensor'},
                    {field: 'shown', title: 'error'},
                    {field: 'ulp', title: 'largest, ulps', format: '.3~g'},
                ],
            },
        }),
    };
}
