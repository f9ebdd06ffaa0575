// comparison.js: strategies side by side: latency, DRAM traffic, peaks.
// SPDX-License-Identifier: MIT
import {capacity, factor, seconds, traffic} from './numbers.js';
import {bandHeight, dramBytes, isPriced} from './runs.js';
import {huesOf, scaleOf, unitAxis} from './theme.js';

export function comparisonCharts(page) {
    const runs = page.runs.filter(isPriced);
    const baseline = page.runs[page.baseline];
    const rows = runs.map((run) => ({
        strategy: run.strategy,
        seconds: run.latency_seconds,
        cycles: run.latency_cycles,
        speedup: baseline.latency_seconds / run.latency_seconds,
        shown: seconds(run.latency_seconds),
        faster: factor(baseline.latency_seconds / run.latency_seconds),
        bound: run.bound,
    }));
    const best = rows.reduce((a, b) => (b.seconds < a.seconds ? b : a));
    const y = {field: 'strategy', type: 'nominal', sort: null, title: null};
    const latency = {
        name: 'latency',
        title: 'Latency by strategy',
        rows,
        says: `${best.strategy} takes least, ${best.shown}, ${best.faster} as fast as ${baseline.strategy}.`,
        columns: [
            ['strategy', 'strategy'],
            ['seconds', 'seconds'],
            ['cycles', 'cycles'],
            ['speed-up', 'speedup'],
            ['bound', 'bound'],
        ],
        spec: (look) => ({
            height: bandHeight(rows.length),
            encoding: {y, x: {field: 'seconds', type: 'quantitative', title: 'latency', axis: unitAxis('s')}},
            layer: [
                {
                    mark: {type: 'bar'},
                    encoding: {
                        color: {
                            field: 'bound',
                            type: 'nominal',
                            title: 'bound by',
                            scale: scaleOf(
                                [
                                    ['compute', 'compute'],
                                    ['dram', 'dram'],
                                    ['buffer', 'buffer'],
                                ],
                                look,
                            ),
                        },
                        tooltip: [
                            {field: 'strategy'},
                            {field: 'shown', title: 'latency'},
                            {field: 'faster', title: 'speed-up'},
                            {field: 'bound', title: 'bound by'},
                        ],
                    },
                },
                {mark: {type: 'text', align: 'left', dx: 4}, encoding: {text: {field: 'faster'}}},
            ],
        }),
    };
    const bytes = runs.flatMap((run) =>
        ['read', 'write'].map((way) => ({
            strategy: run.strategy,
            way,
            bytes: run.dram_bytes[way],
            shown: traffic(run.dram_bytes[way]),
        })),
    );
    const least = runs.reduce((a, b) => (dramBytes(b) < dramBytes(a) ? b : a));
    const dram = {
        name: 'dram-by-strategy',
        title: 'DRAM traffic by strategy',
        rows: bytes,
        says: `${least.strategy} moves least, ${traffic(dramBytes(least))}; ${baseline.strategy} moves ${traffic(dramBytes(baseline))}.`,
        columns: [
            ['strategy', 'strategy'],
            ['direction', 'way'],
            ['bytes', 'bytes'],
        ],
        spec: (look) => ({
            height: bandHeight(runs.length),
            mark: 'bar',
            encoding: {
                y,
                x: {field: 'bytes', type: 'quantitative', title: 'DRAM traffic', axis: unitAxis('B')},
                color: {
                    field: 'way',
                    type: 'nominal',
                    title: null,
                    scale: scaleOf(
                        [
                            ['read', 'dram'],
                            ['write', 'static'],
                        ],
                        look,
                    ),
                },
                tooltip: [{field: 'strategy'}, {field: 'way', title: 'direction'}, {field: 'shown', title: 'bytes'}],
            },
        }),
    };
    return [latency, dram, peaks(page, runs)];
}

/** Powers of two around the values, at most about eight. */
function powersOf2(values, capacityBytes) {
    const low = Math.floor(Math.log2(Math.max(1, Math.min(...values.filter((v) => v > 0), capacityBytes ?? Infinity))));
    const high = Math.ceil(Math.log2(Math.max(2, ...values, capacityBytes ?? 0)));
    const step = Math.max(1, Math.ceil((high - low) / 8));
    const ticks = [];
    for (let k = low; k < high + step; k += step) ticks.push(2 ** k);
    return ticks;
}
const binaryAxis = (values) => ({
    values,
    labelExpr:
        "datum.value >= 1073741824 ? format(datum.value / 1073741824, '~g') + ' GiB' : datum.value >= 1048576 ? format(datum.value / 1048576, '~g') + ' MiB'" +
        " : datum.value >= 1024 ? format(datum.value / 1024, '~g') + ' KiB' : format(datum.value, '~g') + ' B'",
});

function peaks(page, runs) {
    const memory = page.accelerator.memories.find((m) => m.kind !== 'dram');
    const rows = runs
        .map((run) => ({strategy: run.strategy, bytes: run.peak_bytes[memory?.name] ?? 0}))
        .map((row) => ({...row, shown: capacity(row.bytes)}));
    const most = rows.reduce((a, b) => (b.bytes > a.bytes ? b : a));
    const ticks = powersOf2(
        rows.map((row) => row.bytes),
        memory?.capacity_bytes,
    );
    return {
        name: 'peak',
        title: `Peak of memory ${memory?.name ?? ''}`,
        rows,
        says: `${most.strategy} needs most at once, ${most.shown}${memory?.capacity_bytes ? ` of ${capacity(memory.capacity_bytes)}` : ''}. The scale is logarithmic.`,
        columns: [
            ['strategy', 'strategy'],
            ['bytes', 'bytes'],
        ],
        spec: (look) => ({
            height: bandHeight(rows.length),
            layer: [
                {
                    mark: {type: 'point', filled: true, size: 60, color: huesOf(look).buffer},
                    encoding: {
                        y: {field: 'strategy', type: 'nominal', sort: null, title: null},
                        x: {
                            field: 'bytes',
                            type: 'quantitative',
                            title: null,
                            scale: {type: 'log', base: 2, domain: [ticks[0], ticks.at(-1)]},
                            axis: binaryAxis(ticks),
                        },
                        tooltip: [{field: 'strategy'}, {field: 'shown', title: 'peak'}],
                    },
                },
                ...(memory?.capacity_bytes
                    ? [
                          {
                              data: {values: [{capacity: memory.capacity_bytes}]},
                              mark: {type: 'rule', strokeDash: [4, 3]},
                              encoding: {x: {field: 'capacity', type: 'quantitative'}},
                          },
                      ]
                    : []),
            ],
        }),
    };
}
