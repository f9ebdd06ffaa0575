// results.js: the charts of runs: how they compare, and what one of them does beside the baseline.
// SPDX-License-Identifier: MIT
import {area as areaShown, capacity, count, cycles, factor, joules, percent, seconds, traffic} from './numbers.js';
import {huesOf, scaleOf, unitAxis} from './theme.js';

const isPriced = (run) => run.status === 'ok';
const sum = (values) => values.reduce((total, value) => total + value, 0);
const dramBytes = (run) => (run.dram_bytes?.read ?? 0) + (run.dram_bytes?.write ?? 0);
const bandHeight = (n) => ({step: Math.max(14, Math.min(24, 480 / Math.max(1, n)))});

/** All charts of a page, in its order. `page` is its data, `i` the run that is looked at. */
export function resultCharts(page, i) {
    const run = page.runs[i], baseline = page.runs[page.baseline];
    const before = page.baseline >= 0 && page.baseline !== i && baseline ? baseline : null;
    const charts = [];
    if (page.runs.filter(isPriced).length > 2) charts.push(...comparisonCharts(page));
    if (!isPriced(run)) return charts;
    charts.push(roofline(page, run, before), tensors(run, before), energy(run, before));
    if (areaRows(page).length > 0) charts.push(area(page));
    const longest = Math.max(...[before, run].filter(Boolean).map((r) => campaignRows(page, r).at(-1)?.to ?? 0));
    if (before) charts.push(campaign(page, before, 'campaign-before', longest));
    charts.push(campaign(page, run, 'campaign', longest));
    charts.push(...(run.windows ?? []).map((window, w) => gantt(page, run, window, w)));
    charts.push(...(run.simulation?.occupancy ?? []).map((samples) => occupancy(page, run, samples)));
    if (run.simulation?.lifetimes?.length) charts.push(lifetimes(run));
    return charts;
}

// ---- several runs ------------------------------------------------------------------------------------------------------

function comparisonCharts(page) {
    const runs = page.runs.filter(isPriced);
    const baseline = page.runs[page.baseline];
    const rows = runs.map((run) => ({
        strategy: run.strategy, seconds: run.latency_seconds, cycles: run.latency_cycles,
        speedup: baseline.latency_seconds / run.latency_seconds, shown: seconds(run.latency_seconds),
        faster: factor(baseline.latency_seconds / run.latency_seconds), bound: run.bound,
    }));
    const best = rows.reduce((a, b) => (b.seconds < a.seconds ? b : a));
    const y = {field: 'strategy', type: 'nominal', sort: null, title: null};
    const latency = {
        name: 'latency', title: 'Latency by strategy', rows,
        says: `${best.strategy} takes least, ${best.shown}, ${best.faster} as fast as ${baseline.strategy}.`,
        columns: [['strategy', 'strategy'], ['seconds', 'seconds'], ['cycles', 'cycles'], ['speed-up', 'speedup'], ['bound', 'bound']],
        spec: (look) => ({
            height: bandHeight(rows.length),
            encoding: {y, x: {field: 'seconds', type: 'quantitative', title: 'latency', axis: unitAxis('s')}},
            layer: [
                {mark: {type: 'bar'}, encoding: {
                    color: {field: 'bound', type: 'nominal', title: 'bound by', scale: scaleOf([['compute', 'compute'], ['dram', 'dram'], ['buffer', 'buffer']], look)},
                    tooltip: [{field: 'strategy'}, {field: 'shown', title: 'latency'}, {field: 'faster', title: 'speed-up'}, {field: 'bound', title: 'bound by'}]}},
                {mark: {type: 'text', align: 'left', dx: 4}, encoding: {text: {field: 'faster'}}},
            ],
        }),
    };
    const bytes = runs.flatMap((run) => ['read', 'write'].map((way) => ({
        strategy: run.strategy, way, bytes: run.dram_bytes[way], shown: traffic(run.dram_bytes[way])})));
    const least = runs.reduce((a, b) => (dramBytes(b) < dramBytes(a) ? b : a));
    const dram = {
        name: 'dram-by-strategy', title: 'DRAM traffic by strategy', rows: bytes,
        says: `${least.strategy} moves least, ${traffic(dramBytes(least))}; ${baseline.strategy} moves ${traffic(dramBytes(baseline))}.`,
        columns: [['strategy', 'strategy'], ['direction', 'way'], ['bytes', 'bytes']],
        spec: (look) => ({
            height: bandHeight(runs.length), mark: 'bar',
            encoding: {y, x: {field: 'bytes', type: 'quantitative', title: 'DRAM traffic', axis: unitAxis('B')},
                       color: {field: 'way', type: 'nominal', title: null, scale: scaleOf([['read', 'dram'], ['write', 'static']], look)},
                       tooltip: [{field: 'strategy'}, {field: 'way', title: 'direction'}, {field: 'shown', title: 'bytes'}]},
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
    labelExpr: "datum.value >= 1073741824 ? format(datum.value / 1073741824, '~g') + ' GiB' : datum.value >= 1048576 ? format(datum.value / 1048576, '~g') + ' MiB'"
        + " : datum.value >= 1024 ? format(datum.value / 1024, '~g') + ' KiB' : format(datum.value, '~g') + ' B'",
});

function peaks(page, runs) {
    const memory = page.accelerator.memories.find((m) => m.kind !== 'dram');
    const rows = runs.map((run) => ({strategy: run.strategy, bytes: run.peak_bytes[memory?.name] ?? 0}))
        .map((row) => ({...row, shown: capacity(row.bytes)}));
    const most = rows.reduce((a, b) => (b.bytes > a.bytes ? b : a));
    const ticks = powersOf2(rows.map((row) => row.bytes), memory?.capacity_bytes);
    return {
        name: 'peak', title: `Peak of memory ${memory?.name ?? ''}`, rows,
        says: `${most.strategy} needs most at once, ${most.shown}${memory?.capacity_bytes ? ` of ${capacity(memory.capacity_bytes)}` : ''}. The scale is logarithmic.`,
        columns: [['strategy', 'strategy'], ['bytes', 'bytes']],
        spec: (look) => ({
            height: bandHeight(rows.length),
            layer: [
                {mark: {type: 'point', filled: true, size: 60, color: huesOf(look).buffer}, encoding: {
                    y: {field: 'strategy', type: 'nominal', sort: null, title: null},
                    x: {field: 'bytes', type: 'quantitative', title: null, scale: {type: 'log', base: 2, domain: [ticks[0], ticks.at(-1)]}, axis: binaryAxis(ticks)},
                    tooltip: [{field: 'strategy'}, {field: 'shown', title: 'peak'}]}},
                ...(memory?.capacity_bytes ? [{data: {values: [{capacity: memory.capacity_bytes}]}, mark: {type: 'rule', strokeDash: [4, 3]},
                                               encoding: {x: {field: 'capacity', type: 'quantitative'}}}] : []),
            ],
        }),
    };
}

// ---- roofline ----------------------------------------------------------------------------------------------------------

const unitOf = (page, name) => page.accelerator.units.find((unit) => unit.name === name);
const pesOf = (unit) => unit.pes.reduce((product, n) => product * n, 1);
/** PE-cycles that the operations of an Einsum take on its unit. */
const workOf = (unit, einsum) => sum(Object.entries(einsum.operations ?? {}).map(([op, n]) => n * (unit.cycles[op] ?? 0)));

function rooflinePoints(page, run, when) {
    return run.einsums.map((einsum) => {
        const operations = sum(Object.values(einsum.operations ?? {}));
        const bytes = einsum.dram_read_bytes + einsum.dram_write_bytes;
        return {einsum: einsum.name, operator: einsum.operator, when, operations, bytes,
                intensity: bytes > 0 ? operations / bytes : null, rate: einsum.cycles > 0 ? operations / einsum.cycles : 0};
    }).filter((point) => point.operations > 0 && point.rate > 0);
}

function roofline(page, run, before) {
    const all = [...(before ? rooflinePoints(page, before, before.strategy) : []), ...rooflinePoints(page, run, run.strategy)];
    const dram = page.accelerator.memories[0];
    const perCycle = dram.bandwidth_bytes_per_s / page.accelerator.clock_hz;
    const roof = Math.max(...page.accelerator.units.map((unit) => pesOf(unit) / Math.min(...Object.values(unit.cycles))));
    const known = all.filter((p) => p.intensity != null).map((p) => p.intensity);
    const low = Math.min(0.05, ...known) / 2, ridge = roof / perCycle;
    const high = Math.max(8 * ridge, ...known) * 4; // what asks DRAM for nothing stands there
    const rows = all.map((p) => ({...p, x: p.intensity ?? high, traffic: p.bytes > 0 ? traffic(p.bytes) : 'none',
                                  shown: p.intensity == null ? 'no DRAM traffic' : count(p.intensity), speed: count(p.rate)}));
    const line = [low, ridge, high].map((x) => ({x, y: Math.min(roof, x * perCycle)}));
    const hidden = rows.filter((p) => p.when === run.strategy && p.intensity == null).length;
    const leftOf = (strategy) => rows.filter((p) => p.when === strategy && p.x < ridge).length;
    return {
        name: 'roofline', title: 'Roofline: every Einsum before and after', rows,
        says: (before ? `Under ${before.strategy}, ${leftOf(before.strategy)} of ${before.einsums.length} Einsums lie left of the ridge at ${count(ridge)} operations per byte, where DRAM limits them; under ${run.strategy} ` : `Under ${run.strategy} `)
            + `${leftOf(run.strategy)}, and ${hidden} ask DRAM for nothing (right edge). Operations that take several cycles on a PE stay below the roof.`,
        columns: [['strategy', 'when'], ['Einsum', 'einsum'], ['operator', 'operator'], ['operations', 'operations'], ['DRAM bytes', 'bytes'], ['operations per byte', 'intensity'], ['operations per cycle', 'rate']],
        spec: (look) => ({
            height: 320,
            layer: [
                {data: {values: line}, mark: {type: 'line', color: huesOf(look).before, strokeWidth: 2}, encoding: {
                    x: {field: 'x', type: 'quantitative', scale: {type: 'log', domain: [low, high]}},
                    y: {field: 'y', type: 'quantitative', scale: {type: 'log'}}}},
                {mark: {type: 'point', filled: true, size: 55, opacity: 0.75}, encoding: {
                    x: {field: 'x', type: 'quantitative', title: 'operations per byte of DRAM traffic', axis: {format: '~s', tickCount: 8}},
                    y: {field: 'rate', type: 'quantitative', title: 'operations per cycle', axis: {format: '~s', tickCount: 6}},
                    shape: {field: 'when', type: 'nominal', title: null, scale: {domain: [...new Set(rows.map((r) => r.when))], range: before ? ['circle', 'diamond'] : ['diamond']}},
                    color: {field: 'when', type: 'nominal', title: null,
                            scale: {domain: [...new Set(rows.map((r) => r.when))], range: before ? [huesOf(look).dram, huesOf(look).after] : [huesOf(look).after]}},
                    tooltip: [{field: 'einsum', title: 'Einsum'}, {field: 'operator'}, {field: 'when', title: 'strategy'}, {field: 'shown', title: 'operations per byte'},
                              {field: 'speed', title: 'operations per cycle'}, {field: 'traffic', title: 'DRAM'}]}},
            ],
        }),
    };
}

// ---- traffic, energy ---------------------------------------------------------------------------------------------------

function tensors(run, before) {
    const runs = before ? [before, run] : [run];
    const names = [...new Set(runs.flatMap((r) => r.tensors.map((t) => t.name)))];
    const bytesOf = (r, name) => sum(r.tensors.filter((t) => t.name === name).map((t) => t.read + t.write));
    const order = names.map((name) => [name, Math.max(...runs.map((r) => bytesOf(r, name)))])
        .filter(([, bytes]) => bytes > 0).sort((a, b) => b[1] - a[1]);
    const shown = order.slice(0, 18).map(([name]) => name), rest = order.slice(18).map(([name]) => name);
    const row = (r, name, bytes) => ({tensor: name, strategy: r.strategy, bytes, shown: traffic(bytes)});
    const rows = runs.flatMap((r) => [
        ...shown.map((name) => row(r, name, bytesOf(r, name))),
        ...(rest.length ? [row(r, `${rest.length} others`, sum(rest.map((name) => bytesOf(r, name))))] : []),
    ]);
    return {
        name: 'tensors', title: 'DRAM traffic by tensor', rows,
        says: before ? `${before.strategy} moves ${traffic(dramBytes(before))} in all, ${run.strategy} ${traffic(dramBytes(run))}: ${factor(dramBytes(before) / dramBytes(run))} less.`
                     : `${traffic(dramBytes(run))} in all.`,
        columns: [['tensor', 'tensor'], ['strategy', 'strategy'], ['bytes', 'bytes']],
        spec: (look) => ({
            height: bandHeight(2 * shown.length), mark: 'bar',
            encoding: {
                y: {field: 'tensor', type: 'nominal', sort: null, title: null},
                yOffset: {field: 'strategy', sort: null},
                x: {field: 'bytes', type: 'quantitative', title: 'DRAM traffic', axis: unitAxis('B')},
                color: {field: 'strategy', type: 'nominal', sort: null, title: null,
                        scale: {domain: runs.map((r) => r.strategy), range: before ? [huesOf(look).dram, huesOf(look).after] : [huesOf(look).after]}},
                tooltip: [{field: 'tensor'}, {field: 'strategy'}, {field: 'shown', title: 'DRAM traffic'}],
            },
        }),
    };
}

const energyParts = [['dram', 'DRAM', 'dram'], ['operations', 'operations', 'compute'], ['memories', 'memories on chip', 'buffer'], ['static', 'static', 'static']];

function energy(run, before) {
    const runs = (before ? [before, run] : [run]).filter((r) => r.energy);
    const rows = runs.flatMap((r) => energyParts.map(([key, part]) => ({
        strategy: r.strategy, part, joules: r.energy[key], shown: joules(r.energy[key])})));
    const total = (r) => joules(r.energy?.total ?? r.energy_joules);
    return {
        name: 'energy', title: 'Energy', rows,
        says: `${run.strategy} takes ${total(run)}${before ? `, ${before.strategy} ${total(before)}` : ''}.${run.missing_energies ? ` Without a figure in the accelerator's file, and counted as 0: ${run.missing_energies}.` : ''}`,
        columns: [['strategy', 'strategy'], ['part', 'part'], ['joules', 'joules']],
        spec: (look) => ({
            height: bandHeight(2), mark: 'bar',
            encoding: {
                y: {field: 'strategy', type: 'nominal', sort: null, title: null},
                x: {field: 'joules', type: 'quantitative', title: 'energy', axis: unitAxis('J')},
                color: {field: 'part', type: 'nominal', title: null, scale: scaleOf(energyParts.map(([, part, hue]) => [part, hue]), look)},
                tooltip: [{field: 'strategy'}, {field: 'part'}, {field: 'shown', title: 'energy'}],
            },
        }),
    };
}

const modelNames = {stated: 'as stated', shares: 'by shares of the published area', components: 'by components (CACTI, PEs)'};

/** Where the area goes, by each model that can say; a model that knows only the sum is one bar. */
function areaRows(page) {
    return Object.entries(page.accelerator.area_models ?? {}).flatMap(([name, model]) => {
        if (!model) return [];
        const of = (parts, kind) => Object.entries(parts).filter(([, mm2]) => mm2 > 0).map(([part, mm2]) => ({part, kind, mm2}));
        const parts = [...of(model.memories_mm2, 'memory'), ...of(model.units_mm2, 'PEs')];
        const rest = model.total_mm2 - sum(parts.map((part) => part.mm2));
        if (rest > 1e-9 * model.total_mm2) parts.push({part: parts.length ? 'other' : 'all of it', kind: 'not split', mm2: rest});
        return parts.map((part) => ({model: modelNames[name] ?? name, ...part, shown: areaShown(part.mm2)}));
    });
}

function area(page) {
    const rows = areaRows(page), {published, accelerator = page.accelerator} = page.accelerator;
    return {
        name: 'area', title: 'Area', rows,
        says: `${accelerator.name} has ${areaShown(accelerator.area_mm2)} by the model in use (${accelerator.area_model})${published?.area_mm2 ? `; published: ${areaShown(published.area_mm2)}` : ''}.`,
        columns: [['model', 'model'], ['part', 'part'], ['kind', 'kind'], ['mm2', 'mm2']],
        spec: (look) => ({
            height: bandHeight(3), mark: 'bar',
            encoding: {
                y: {field: 'model', type: 'nominal', sort: null, title: null},
                x: {field: 'mm2', type: 'quantitative', title: 'area (mm\u00b2)'},
                color: {field: 'kind', type: 'nominal', title: null, scale: scaleOf([['memory', 'buffer'], ['PEs', 'compute'], ['not split', 'before']], look)},
                tooltip: [{field: 'model'}, {field: 'part'}, {field: 'shown', title: 'area'}],
            },
        }),
    };
}

// ---- over time ---------------------------------------------------------------------------------------------------------

/** Einsums one after another, each as wide as its share of its group's time. */
function campaignRows(page, run) {
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
                einsum: einsum.name, group: g + 1, from: at, to: at + share,
                compute: share > 0 ? Math.min(1, workOf(unit, einsum) / (pesOf(unit) * share)) : 0,
                dram: width > 0 ? Math.min(1, group.dram_cycles / width) : 0,
            });
            at += share;
        }
    });
    return rows;
}

function campaign(page, run, name, longest) {
    const spans = campaignRows(page, run);
    const ends = run.groups.map((group) => group.start_cycle).filter((start) => start > 0);
    const rows = spans.flatMap((span) => [['compute', span.compute], ['DRAM', span.dram]].map(([resource, used]) => ({
        ...span, resource, used, lane: resource === 'compute' ? used : -used, base: 0, shown: percent(used), width: cycles(span.to - span.from)})));
    const total = spans.at(-1)?.to || 1;
    const mean = (key) => percent(sum(spans.map((s) => s[key] * (s.to - s.from))) / total);
    return {
        name, title: `Utilisation over time, ${run.strategy}`, rows,
        says: `PEs do useful work ${mean('compute')} of the time (upwards), DRAM is busy ${mean('dram')} (downwards), in ${run.groups.length} group${run.groups.length === 1 ? '' : 's'}. `
            + 'Einsums stand in the order of the schedule; those of a fused group alternate tile by tile, and are drawn one after another, each with its share of the group.',
        columns: [['Einsum', 'einsum'], ['group', 'group'], ['resource', 'resource'], ['from cycle', 'from'], ['to cycle', 'to'], ['utilisation', 'used']],
        spec: (look) => ({
            height: 170,
            layer: [
                {mark: {type: 'rect', stroke: null}, encoding: {
                    x: {field: 'from', type: 'quantitative', title: 'cycles', axis: unitAxis('', {grid: false}), scale: {domain: [0, longest], nice: false}},
                    x2: {field: 'to'},
                    y: {field: 'lane', type: 'quantitative', title: 'DRAM   |   compute', scale: {domain: [-1, 1]},
                        axis: {values: [-1, -0.5, 0, 0.5, 1], labelExpr: "format(abs(datum.value), '.0%')"}},
                    y2: {field: 'base'},
                    color: {field: 'resource', type: 'nominal', title: null, scale: scaleOf([['compute', 'compute'], ['DRAM', 'dram']], look)},
                    opacity: {condition: {test: 'datum.group % 2 == 1', value: 0.95}, value: 0.65},
                    tooltip: [{field: 'einsum', title: 'Einsum'}, {field: 'group'}, {field: 'resource'}, {field: 'shown', title: 'utilisation'}, {field: 'width', title: 'takes'}]}},
                {data: {values: ends.map((at) => ({at}))}, mark: {type: 'rule', strokeDash: [3, 2], opacity: 0.6}, encoding: {x: {field: 'at', type: 'quantitative'}}},
            ],
        }),
    };
}

const resourceName = (r) => ({port: `${r.of} port`, 'write port': `${r.of} write port`, link: `link of ${r.of}`})[r.kind] ?? r.of;

function gantt(page, run, window, w) {
    const resources = run.simulation.resources.map(resourceName);
    const span = window.to_cycle - window.from_cycle;
    const rows = window.slices.map(([resource, name, from, to]) => {
        const what = window.names[name], [word] = what.split(' ');
        const kind = word === 'load' || word === 'store' ? word : 'compute';
        return {resource: resources[resource], what, kind, from, to, shown: cycles(to - from), middle: (from + to) / 2,
                label: to - from > 0.012 * span * (what.length + 1) ? what : ''};
    });
    const busy = resources.map((name) => [name, sum(rows.filter((r) => r.resource === name).map((r) => r.to - r.from)) / span]);
    return {
        name: `gantt-${w + 1}`, title: `Who is busy: ${window.title}`, rows,
        says: `From cycle ${count(window.from_cycle)} to ${count(window.to_cycle)}, ${rows.length} commands. Busy: ${busy.map(([name, share]) => `${name} ${percent(share)}`).join(', ')}.`,
        columns: [['resource', 'resource'], ['command', 'what'], ['kind', 'kind'], ['from cycle', 'from'], ['to cycle', 'to']],
        spec: (look) => ({
            height: {step: 46},
            encoding: {y: {field: 'resource', type: 'nominal', sort: null, title: null, scale: {domain: resources}}},
            layer: [
                {mark: {type: 'bar', stroke: look === 'dark' ? '#16191c' : 'white', strokeWidth: rows.length < 100 ? 0.5 : 0.2, height: {band: 0.8}}, encoding: {
                    x: {field: 'from', type: 'quantitative', title: 'cycle', axis: unitAxis(''), scale: {domain: [window.from_cycle, window.to_cycle], nice: false, zero: false}},
                    x2: {field: 'to'},
                    color: {field: 'kind', type: 'nominal', title: null, scale: scaleOf([['load', 'dram'], ['compute', 'compute'], ['store', 'static']], look)},
                    tooltip: [{field: 'what', title: 'command'}, {field: 'resource'}, {field: 'shown', title: 'takes'}, {field: 'from', title: 'from cycle', format: ',.1f'}]}},
                {mark: {type: 'text', baseline: 'middle', fontSize: look === 'paper' ? 5 : 10, fill: look === 'dark' ? '#111' : 'white'},
                 encoding: {x: {field: 'middle', type: 'quantitative'}, text: {field: 'label'}}},
            ],
        }),
    };
}

function occupancy(page, run, samples) {
    const rows = samples.most_bytes.map((bytes, i) => ({from: i * samples.cycles_per_sample, to: (i + 1) * samples.cycles_per_sample, bytes, shown: capacity(bytes)}));
    const memory = page.accelerator.memories.find((m) => m.name === samples.memory);
    const most = Math.max(...samples.most_bytes), peak = run.peak_bytes[samples.memory];
    return {
        name: `occupancy-${samples.memory}`, title: `Memory ${samples.memory} over time`, rows,
        says: `The schedule needs ${capacity(peak)}; running ahead as far as space allows, the machine fills ${capacity(most)}${memory?.capacity_bytes ? ` of ${capacity(memory.capacity_bytes)}` : ''}. Each sample is the fullest moment of its stretch.`,
        columns: [['from cycle', 'from'], ['to cycle', 'to'], ['bytes', 'bytes']],
        spec: (look) => ({
            height: 150,
            layer: [
                {mark: {type: 'area', interpolate: 'step-after', color: huesOf(look).buffer, opacity: 0.7, line: true}, encoding: {
                    x: {field: 'from', type: 'quantitative', title: 'cycle', axis: unitAxis('')},
                    y: {field: 'bytes', type: 'quantitative', title: null, axis: unitAxis('B', {tickCount: 5})}}},
                {data: {values: [{bytes: peak, of: 'what the schedule needs'}, ...(memory?.capacity_bytes ? [{bytes: memory.capacity_bytes, of: 'capacity'}] : [])]},
                 mark: {type: 'rule', strokeDash: [4, 3]},
                 encoding: {y: {field: 'bytes', type: 'quantitative'}, tooltip: [{field: 'of'}]}},
            ],
        }),
    };
}

function lifetimes(run) {
    const all = run.simulation.lifetimes.map((life) => ({
        tensor: life.tensor, memory: life.memory, group: life.group, from: life.from_cycle, to: life.to_cycle, bytes: life.bytes,
        shown: capacity(life.bytes), lives: cycles(life.to_cycle - life.from_cycle)}));
    const rows = all.slice().sort((a, b) => b.bytes - a.bytes).slice(0, 40).sort((a, b) => a.from - b.from || b.bytes - a.bytes);
    return {
        name: 'lifetimes', title: 'When tensors live on chip', rows,
        says: `${rows.length < all.length ? `The ${rows.length} largest of ${all.length} lifetimes` : `${all.length} lifetimes`}, from the first tile of a tensor in a group to the last; the largest is ${rows.length ? rows.reduce((a, b) => (b.bytes > a.bytes ? b : a)).tensor : 'none'}.`,
        columns: [['tensor', 'tensor'], ['memory', 'memory'], ['group', 'group'], ['from cycle', 'from'], ['to cycle', 'to'], ['bytes', 'bytes']],
        spec: (look) => ({
            height: bandHeight(new Set(rows.map((r) => r.tensor)).size),
            mark: {type: 'bar', height: {band: 0.7}},
            encoding: {
                y: {field: 'tensor', type: 'nominal', sort: null, title: null},
                x: {field: 'from', type: 'quantitative', title: 'cycle', axis: unitAxis('')}, x2: {field: 'to'},
                color: {field: 'bytes', type: 'quantitative', title: 'bytes', scale: {type: 'log', scheme: look === 'dark' ? 'blues' : 'tealblues'}, legend: {format: '~s', tickCount: 3}},
                tooltip: [{field: 'tensor'}, {field: 'memory'}, {field: 'group'}, {field: 'shown', title: 'takes'}, {field: 'lives', title: 'lives'}],
            },
        }),
    };
}
