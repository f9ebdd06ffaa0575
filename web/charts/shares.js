// shares.js: where DRAM traffic, energy and area go.
// SPDX-License-Identifier: MIT
import {area as areaShown, factor, joules, traffic} from './numbers.js';
import {bandHeight, dramBytes, sum} from './runs.js';
import {huesOf, scaleOf, unitAxis} from './theme.js';

export function tensors(run, before) {
    const runs = before ? [before, run] : [run];
    const names = [...new Set(runs.flatMap((r) => r.tensors.map((t) => t.name)))];
    const bytesOf = (r, name) => sum(r.tensors.filter((t) => t.name === name).map((t) => t.read + t.write));
    const order = names
        .map((name) => [name, Math.max(...runs.map((r) => bytesOf(r, name)))])
        .filter(([, bytes]) => bytes > 0)
        .sort((a, b) => b[1] - a[1]);
    const shown = order.slice(0, 18).map(([name]) => name),
        rest = order.slice(18).map(([name]) => name);
    const row = (r, name, bytes) => ({tensor: name, strategy: r.strategy, bytes, shown: traffic(bytes)});
    const rows = runs.flatMap((r) => [
        ...shown.map((name) => row(r, name, bytesOf(r, name))),
        ...(rest.length ? [row(r, `${rest.length} others`, sum(rest.map((name) => bytesOf(r, name))))] : []),
    ]);
    return {
        name: 'tensors',
        title: 'DRAM traffic by tensor',
        rows,
        says: before
            ? `${before.strategy} moves ${traffic(dramBytes(before))} in all, ${run.strategy} ${traffic(dramBytes(run))}: ${factor(dramBytes(before) / dramBytes(run))} less.`
            : `${traffic(dramBytes(run))} in all.`,
        columns: [
            ['tensor', 'tensor'],
            ['strategy', 'strategy'],
            ['bytes', 'bytes'],
        ],
        spec: (look) => ({
            height: bandHeight(2 * shown.length),
            mark: 'bar',
            encoding: {
                y: {field: 'tensor', type: 'nominal', sort: null, title: null},
                yOffset: {field: 'strategy', sort: null},
                x: {field: 'bytes', type: 'quantitative', title: 'DRAM traffic', axis: unitAxis('B')},
                color: {
                    field: 'strategy',
                    type: 'nominal',
                    sort: null,
                    title: null,
                    scale: {
                        domain: runs.map((r) => r.strategy),
                        range: before ? [huesOf(look).dram, huesOf(look).after] : [huesOf(look).after],
                    },
                },
                tooltip: [{field: 'tensor'}, {field: 'strategy'}, {field: 'shown', title: 'DRAM traffic'}],
            },
        }),
    };
}

const energyParts = [
    ['dram', 'DRAM', 'dram'],
    ['operations', 'operations', 'compute'],
    ['memories', 'memories on chip', 'buffer'],
    ['static', 'static', 'static'],
];

export function energy(run, before) {
    const runs = (before ? [before, run] : [run]).filter((r) => r.energy);
    const rows = runs.flatMap((r) =>
        energyParts.map(([key, part]) => ({
            strategy: r.strategy,
            part,
            joules: r.energy[key],
            shown: joules(r.energy[key]),
        })),
    );
    const total = (r) => joules(r.energy?.total ?? r.energy_joules);
    return {
        name: 'energy',
        title: 'Energy',
        rows,
        says: `${run.strategy} takes ${total(run)}${before ? `, ${before.strategy} ${total(before)}` : ''}.${run.missing_energies ? ` Without a figure in the accelerator's file, and counted as 0: ${run.missing_energies}.` : ''}`,
        columns: [
            ['strategy', 'strategy'],
            ['part', 'part'],
            ['joules', 'joules'],
        ],
        spec: (look) => ({
            height: bandHeight(2),
            mark: 'bar',
            encoding: {
                y: {field: 'strategy', type: 'nominal', sort: null, title: null},
                x: {field: 'joules', type: 'quantitative', title: 'energy', axis: unitAxis('J')},
                color: {
                    field: 'part',
                    type: 'nominal',
                    title: null,
                    scale: scaleOf(
                        energyParts.map(([, part, hue]) => [part, hue]),
                        look,
                    ),
                },
                tooltip: [{field: 'strategy'}, {field: 'part'}, {field: 'shown', title: 'energy'}],
            },
        }),
    };
}

const modelNames = {
    stated: 'as stated',
    shares: 'by shares of the published area',
    components: 'by components (CACTI, PEs)',
};

/** Where the area goes, by each model that can say; a model that knows only the sum is one bar. */
export function areaRows(page) {
    return Object.entries(page.accelerator.area_models ?? {}).flatMap(([name, model]) => {
        if (!model) return [];
        const of = (parts, kind) =>
            Object.entries(parts)
                .filter(([, mm2]) => mm2 > 0)
                .map(([part, mm2]) => ({part, kind, mm2}));
        const parts = [...of(model.memories_mm2, 'memory'), ...of(model.units_mm2, 'PEs')];
        const rest = model.total_mm2 - sum(parts.map((part) => part.mm2));
        if (rest > 1e-9 * model.total_mm2)
            parts.push({part: parts.length ? 'other' : 'all of it', kind: 'not split', mm2: rest});
        return parts.map((part) => ({model: modelNames[name] ?? name, ...part, shown: areaShown(part.mm2)}));
    });
}

export function area(page) {
    const rows = areaRows(page),
        {published, accelerator = page.accelerator} = page.accelerator;
    return {
        name: 'area',
        title: 'Area',
        rows,
        says: `${accelerator.name} has ${areaShown(accelerator.area_mm2)} by the model in use (${accelerator.area_model})${published?.area_mm2 ? `; published: ${areaShown(published.area_mm2)}` : ''}.`,
        columns: [
            ['model', 'model'],
            ['part', 'part'],
            ['kind', 'kind'],
            ['mm2', 'mm2'],
        ],
        spec: (look) => ({
            height: bandHeight(3),
            mark: 'bar',
            encoding: {
                y: {field: 'model', type: 'nominal', sort: null, title: null},
                x: {field: 'mm2', type: 'quantitative', title: 'area (mm\u00b2)'},
                color: {
                    field: 'kind',
                    type: 'nominal',
                    title: null,
                    scale: scaleOf(
                        [
                            ['memory', 'buffer'],
                            ['PEs', 'compute'],
                            ['not split', 'before'],
                        ],
                        look,
                    ),
                },
                tooltip: [{field: 'model'}, {field: 'part'}, {field: 'shown', title: 'area'}],
            },
        }),
    };
}
