// space.js: the points of an exploration: what is measured of each, where it stands on the axes, which ones pass a filter.
// SPDX-License-Identifier: MIT
import {integer, traffic} from './numbers.js';
import {showOf} from './quantity.js';

const expand = (column, n) =>
    Array.isArray(column) ? Float64Array.from(column, (value) => value ?? NaN) : new Float64Array(n).fill(column ?? NaN);

/** "mamba-2.8b, 1,024 tokens"; without the model where all have the same. */
function workloadName(workload, hasModel) {
    const what =
        workload.phase === 'decode'
            ? 'decode'
            : workload.tokens != null
              ? `${integer(workload.tokens)} token${workload.tokens === 1 ? '' : 's'}`
              : '';
    return [hasModel || !what ? workload.model : '', what, workload.batch > 1 ? `batch ${integer(workload.batch)}` : '']
        .filter(Boolean)
        .join(', ');
}

/** Least and greatest of the known ones. */
export function extentOf(values, indices) {
    let least = Infinity,
        most = -Infinity;
    const see = (value) => {
        if (value < least) least = value;
        if (value > most) most = value;
    };
    if (indices) for (const i of indices) see(values[i]);
    else for (let i = 0; i < values.length; i++) see(values[i]);
    return [least, most];
}

function measure(key, title, unit, values, more = {}) {
    const [least, most] = extentOf(values);
    return {
        key,
        title,
        unit,
        values,
        show: showOf(unit),
        least,
        most,
        isConstant: most - least <= 1e-3 * Math.abs(most),
        isLog: least > 0 && most / least > 8,
        isBinary: unit === 'B' && !more.show,
        ...more,
    };
}

function measuresOf(space) {
    const {points, workloads, names, n} = space;
    const several = names.length > 1;
    const of = (column, title) =>
        names.map((name, w) => [several ? `${title}, ${name}` : title, expand(points.workloads[w][column], n), w]);
    const each = (key, column, title, unit, more) =>
        of(column, title).map(([text, values, w]) => measure(`${key}-${w}`, text, unit, values, more));
    const latencies = workloads.map((workload, w) => {
        const cycles = expand(points.workloads[w].latency_cycles, n);
        return measure(
            `latency-${w}`,
            several ? `latency, ${names[w]}` : 'latency',
            's',
            cycles.map((c, i) => c / space.hz[i]),
        );
    });
    return {
        latencies,
        all: [
            measure('latency', several ? 'latency, mean' : 'latency', 's', expand(points.latency_seconds, n), {
                isObjective: true,
            }),
            ...(several ? latencies : []),
            measure('energy', several ? 'energy, mean' : 'energy', 'J', expand(points.total_energy_joules, n), {
                isObjective: true,
            }),
            measure('area', 'area', 'mm2', expand(points.area_mm2, n), {isObjective: true}),
            measure('memory', 'memory on chip', 'B', expand(points.memory_bytes, n), {isObjective: true}),
            measure('pes', 'PEs', '', expand(points.pes, n), {show: integer}),
            ...each('dram', 'dram_bytes', 'DRAM', 'B', {show: traffic}),
            ...each('busy', 'utilization', 'PEs busy', '%'),
            ...each('gap', 'gap', 'gap', '%'),
            ...space.axes.map((axis, a) => {
                const values = new Float64Array(n);
                for (let i = 0; i < n; i++)
                    values[i] = axis.numbers ? axis.numbers[space.position(i, a)] : space.position(i, a);
                return measure(`axis-${a}`, axis.field, axis.unit ?? '', values, {
                    axis: a,
                    texts: axis.numbers ? null : axis.values,
                    isBinary: axis.unit === 'B',
                    show: axis.numbers ? showOf(axis.unit) : (x) => axis.values[x],
                });
            }),
        ].filter((m) => m.least <= m.most),
    };
}

/** All that charts and tables ask of the page's data. */
export function spaceOf(page) {
    const {points, workloads, front} = page,
        {axes} = page.experiment,
        {n} = points;
    const strides = axes.map((_, a) => axes.slice(a + 1).reduce((product, axis) => product * axis.values.length, 1));
    const isMixed = new Set(workloads.map((w) => w.model)).size > 1;
    const space = {
        page,
        points,
        workloads,
        axes,
        n,
        front,
        best: page.best ?? -1,
        base: page.base,
        names: workloads.map((workload) => workloadName(workload, isMixed)),
        fullNames: workloads.map((workload) => workloadName(workload, true)),
        hz: expand(points.clock_hz, n),
        strides,
        position: (i, a) => Math.floor(i / strides[a]) % axes[a].values.length,
        valueText: (i, a) => axes[a].values[space.position(i, a)],
        isOnFront: new Uint8Array(n),
    };
    for (const i of front) space.isOnFront[i] = 1;
    const {latencies, all} = measuresOf(space);
    return Object.assign(space, {
        latencies,
        measures: all,
        measure: (key) => all.find((m) => m.key === key),
        cyclesOf: points.workloads.map((w) => expand(w.latency_cycles, n)),
        peaksOf: points.workloads.map((w) => expand(w.peak_bytes, n)),
        /** "buffer.capacity 4 MiB, clock 1 GHz" */
        describe: (i) => axes.map((axis, a) => `${axis.field} ${space.valueText(i, a)}`).join(', ') || 'the only point',
        statusOf: (i) => ({o: 'ok', i: 'infeasible', n: 'not built', u: 'incomplete'})[points.status[i]],
    });
}

/** The neighbour one step along an axis, -1: there is none. */
export function neighbour(space, i, axis, step) {
    const at = space.position(i, axis) + step;
    return at < 0 || at >= space.axes[axis].values.length ? -1 : i + step * space.strides[axis];
}

/** The points that fit and pass: `ranges` maps keys of measures to [least, most], `frontOnly` leaves the front. */
export function passing(space, {ranges = {}, frontOnly = false} = {}) {
    const checks = Object.entries(ranges).map(([key, [least, most]]) => ({
        values: space.measure(key).values,
        least: least ?? -Infinity,
        most: most ?? Infinity,
    }));
    const {status} = space.points,
        kept = new Uint32Array(space.n);
    let n = 0;
    for (let i = 0; i < space.n; i++) {
        if (status.charCodeAt(i) !== 111 /* 'o' */ || (frontOnly && !space.isOnFront[i])) continue;
        let passes = true;
        for (const {values, least, most} of checks)
            if (!(values[i] >= least && values[i] <= most)) {
                passes = false;
                break;
            }
        if (passes) kept[n++] = i;
    }
    return kept.subarray(0, n);
}

/** A text of the page, by its number. */
export const textOf = (page, number) =>
    number == null ? null : page.texts.texts[number].map((line) => `${page.texts.lines[line]}\n`).join('');

const columnAt = (column, i) => (Array.isArray(column) ? column[i] : column);
export const scheduleOf = (space, i, w) => textOf(space.page, columnAt(space.points.workloads[w].schedule, i));
/** The accelerator's file, of points of the front. */
export function acceleratorOf(space, i) {
    const at = space.front.indexOf(i);
    return at < 0 ? null : textOf(space.page, space.page.accelerators[at]);
}

/** The words of the `sinter run` that looks closely at one point and workload; null where formulas set fields and no file can be saved. */
export function runWords(space, i, w) {
    const {experiment} = space.page,
        workload = space.workloads[w];
    const isFile = experiment.derive.length > 0;
    if (isFile && !acceleratorOf(space, i)) return null;
    const set = isFile ? [] : [...experiment.set, ...experiment.axes.map((axis, a) => [axis.field, space.valueText(i, a)])];
    return [
        'sinter',
        'run',
        '-m',
        workload.model,
        ...(workload.variant ? ['--variant', workload.variant] : []),
        ...(workload.phase === 'decode' ? ['--phase', 'decode'] : []),
        ...(workload.tokens != null ? ['-L', String(workload.tokens)] : []),
        ...(workload.batch > 1 ? ['--batch', String(workload.batch)] : []),
        '-a',
        isFile ? acceleratorFile(i) : experiment.accelerator,
        ...set.flatMap(([field, value]) => ['--set', `${field}=${value}`]),
        '-s',
        experiment.strategy,
        ...(experiment.strategy === 'optimal' && experiment.objective !== 'latency'
            ? ['--objective', experiment.objective]
            : []),
    ];
}
export const acceleratorFile = (i) => `point-${i}.accel.yaml`;
