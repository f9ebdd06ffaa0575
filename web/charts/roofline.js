// roofline.js: every Einsum under the roof of its accelerator.
// SPDX-License-Identifier: MIT
import {count, traffic} from './numbers.js';
import {pesOf, sum} from './runs.js';
import {huesOf} from './theme.js';

function rooflinePoints(page, run, when) {
    return run.einsums
        .map((einsum) => {
            const operations = sum(Object.values(einsum.operations ?? {}));
            const bytes = einsum.dram_read_bytes + einsum.dram_write_bytes;
            return {
                einsum: einsum.name,
                operator: einsum.operator,
                when,
                operations,
                bytes,
                intensity: bytes > 0 ? operations / bytes : null,
                rate: einsum.cycles > 0 ? operations / einsum.cycles : 0,
            };
        })
        .filter((point) => point.operations > 0 && point.rate > 0);
}

export function roofline(page, run, before) {
    const all = [
        ...(before ? rooflinePoints(page, before, before.strategy) : []),
        ...rooflinePoints(page, run, run.strategy),
    ];
    const dram = page.accelerator.memories[0];
    const perCycle = (dram.bandwidth_bytes_per_s ?? Infinity) / page.accelerator.clock_hz;
    const roof = Math.max(...page.accelerator.units.map((unit) => pesOf(unit) / Math.min(...Object.values(unit.cycles))));
    const known = all.filter((p) => p.intensity != null).map((p) => p.intensity);
    const ridge = roof / perCycle; // 0: DRAM is no limit
    const low = Math.min(0.05, ...known) / 2;
    const high = Math.max(8 * ridge, 8, ...known) * 4; // what asks DRAM for nothing stands there
    const rows = all.map((p) => ({
        ...p,
        x: p.intensity ?? high,
        traffic: p.bytes > 0 ? traffic(p.bytes) : 'none',
        shown: p.intensity == null ? 'no DRAM traffic' : count(p.intensity),
        speed: count(p.rate),
    }));
    const line = [low, ...(ridge > low ? [ridge] : []), high].map((x) => ({x, y: Math.min(roof, x * perCycle)}));
    const hidden = rows.filter((p) => p.when === run.strategy && p.intensity == null).length;
    const leftOf = (strategy) => rows.filter((p) => p.when === strategy && p.x < ridge).length;
    return {
        name: 'roofline',
        title: 'Roofline: every Einsum before and after',
        rows,
        says:
            (before
                ? `Under ${before.strategy}, ${leftOf(before.strategy)} of ${before.einsums.length} Einsums lie left of the ridge at ${count(ridge)} operations per byte, where DRAM limits them; under ${run.strategy} `
                : `Under ${run.strategy} `) +
            `${leftOf(run.strategy)}, and ${hidden} ask DRAM for nothing (right edge). Operations that take several cycles on a PE stay below the roof.`,
        columns: [
            ['strategy', 'when'],
            ['Einsum', 'einsum'],
            ['operator', 'operator'],
            ['operations', 'operations'],
            ['DRAM bytes', 'bytes'],
            ['operations per byte', 'intensity'],
            ['operations per cycle', 'rate'],
        ],
        spec: (look) => ({
            height: 320,
            layer: [
                {
                    data: {values: line},
                    mark: {type: 'line', color: huesOf(look).before, strokeWidth: 2},
                    encoding: {
                        x: {field: 'x', type: 'quantitative', scale: {type: 'log', domain: [low, high]}},
                        y: {field: 'y', type: 'quantitative', scale: {type: 'log'}},
                    },
                },
                {
                    mark: {type: 'point', filled: true, size: 55, opacity: 0.75},
                    encoding: {
                        x: {
                            field: 'x',
                            type: 'quantitative',
                            title: 'operations per byte of DRAM traffic',
                            axis: {format: '~s', tickCount: 8},
                        },
                        y: {
                            field: 'rate',
                            type: 'quantitative',
                            title: 'operations per cycle',
                            axis: {format: '~s', tickCount: 6},
                        },
                        shape: {
                            field: 'when',
                            type: 'nominal',
                            title: null,
                            scale: {
                                domain: [...new Set(rows.map((r) => r.when))],
                                range: before ? ['circle', 'diamond'] : ['diamond'],
                            },
                        },
                        color: {
                            field: 'when',
                            type: 'nominal',
                            title: null,
                            scale: {
                                domain: [...new Set(rows.map((r) => r.when))],
                                range: before ? [huesOf(look).dram, huesOf(look).after] : [huesOf(look).after],
                            },
                        },
                        tooltip: [
                            {field: 'einsum', title: 'Einsum'},
                            {field: 'operator'},
                            {field: 'when', title: 'strategy'},
                            {field: 'shown', title: 'operations per byte'},
                            {field: 'speed', title: 'operations per cycle'},
                            {field: 'traffic', title: 'DRAM'},
                        ],
                    },
                },
            ],
        }),
    };
}
