// memory.js: what lives on chip over time.
// SPDX-License-Identifier: MIT
import {capacity, cycles} from './numbers.js';
import {bandHeight} from './runs.js';
import {huesOf, unitAxis} from './theme.js';

export function occupancy(page, run, samples) {
    const rows = samples.most_bytes.map((bytes, i) => ({
        from: i * samples.cycles_per_sample,
        to: (i + 1) * samples.cycles_per_sample,
        bytes,
        shown: capacity(bytes),
    }));
    const memory = page.accelerator.memories.find((m) => m.name === samples.memory);
    const most = Math.max(...samples.most_bytes),
        peak = run.peak_bytes[samples.memory];
    return {
        name: `occupancy-${samples.memory}`,
        title: `Memory ${samples.memory} over time`,
        rows,
        says: `The schedule needs ${capacity(peak)}; running ahead as far as space allows, the machine fills ${capacity(most)}${memory?.capacity_bytes ? ` of ${capacity(memory.capacity_bytes)}` : ''}. Each sample is the fullest moment of its stretch.`,
        columns: [
            ['from cycle', 'from'],
            ['to cycle', 'to'],
            ['bytes', 'bytes'],
        ],
        spec: (look) => ({
            height: 150,
            layer: [
                {
                    mark: {type: 'area', interpolate: 'step-after', color: huesOf(look).buffer, opacity: 0.7, line: true},
                    encoding: {
                        x: {field: 'from', type: 'quantitative', title: 'cycle', axis: unitAxis('')},
                        y: {field: 'bytes', type: 'quantitative', title: null, axis: unitAxis('B', {tickCount: 5})},
                    },
                },
                {
                    data: {
                        values: [
                            {bytes: peak, of: 'what the schedule needs'},
                            ...(memory?.capacity_bytes ? [{bytes: memory.capacity_bytes, of: 'capacity'}] : []),
                        ],
                    },
                    mark: {type: 'rule', strokeDash: [4, 3]},
                    encoding: {y: {field: 'bytes', type: 'quantitative'}, tooltip: [{field: 'of'}]},
                },
            ],
        }),
    };
}

export function lifetimes(run) {
    const all = run.simulation.lifetimes.map((life) => ({
        tensor: life.tensor,
        memory: life.memory,
        group: life.group,
        from: life.from_cycle,
        to: life.to_cycle,
        bytes: life.bytes,
        shown: capacity(life.bytes),
        lives: cycles(life.to_cycle - life.from_cycle),
    }));
    const rows = all
        .slice()
        .sort((a, b) => b.bytes - a.bytes)
        .slice(0, 40)
        .sort((a, b) => a.from - b.from || b.bytes - a.bytes);
    return {
        name: 'lifetimes',
        title: 'When tensors live on chip',
        rows,
        says: `${rows.length < all.length ? `The ${rows.length} largest of ${all.length} lifetimes` : `${all.length} lifetimes`}, from the first tile of a tensor in a group to the last; the largest is ${rows.length ? rows.reduce((a, b) => (b.bytes > a.bytes ? b : a)).tensor : 'none'}.`,
        columns: [
            ['tensor', 'tensor'],
            ['memory', 'memory'],
            ['group', 'group'],
            ['from cycle', 'from'],
            ['to cycle', 'to'],
            ['bytes', 'bytes'],
        ],
        spec: (look) => ({
            height: bandHeight(new Set(rows.map((r) => r.tensor)).size),
            mark: {type: 'bar', height: {band: 0.7}},
            encoding: {
                y: {field: 'tensor', type: 'nominal', sort: null, title: null},
                x: {field: 'from', type: 'quantitative', title: 'cycle', axis: unitAxis('')},
                x2: {field: 'to'},
                color: {
                    field: 'bytes',
                    type: 'quantitative',
                    title: 'bytes',
                    scale: {type: 'log', scheme: look === 'dark' ? 'blues' : 'tealblues'},
                    legend: {format: '~s', tickCount: 3},
                },
                tooltip: [
                    {field: 'tensor'},
                    {field: 'memory'},
                    {field: 'group'},
                    {field: 'shown', title: 'takes'},
                    {field: 'lives', title: 'lives'},
                ],
            },
        }),
    };
}
