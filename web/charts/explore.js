// explore.js: the charts of an exploration.
// SPDX-License-Identifier: MIT
import {count, integer, percent} from './numbers.js';
import {extentOf, passing, spaceOf} from './space.js';
import {huesOf, unitAxis} from './theme.js';

export const MOST_POINTS = 4000; // more are drawn as cells
const MOST_LINES = 400,
    MOST_BANDS = 120,
    CELLS = [80, 50];

/** The charts of a page as it opens, for figures. */
export function exploreCharts(page) {
    const space = spaceOf(page),
        indices = passing(space),
        axes = varying(space);
    if (indices.length === 0) return [];
    const charts = [scatter(space, indices, scatterDefaults(space))];
    for (const a of axes) charts.push({...trade(space, indices, a), name: `axis-${a + 1}`});
    for (const [i, j] of pairsOf(axes))
        charts.push({...heatmap(space, indices, i, j, space.measure('latency')), name: `map-${i + 1}-${j + 1}`});
    if (indices.length > 1) charts.push(parallel(space, indices));
    return charts;
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
/** The axes with more than one value. */
export const varying = (space) => space.axes.map((_, a) => a).filter((a) => space.axes[a].values.length > 1);
const pairsOf = (axes) => axes.flatMap((i, at) => axes.slice(at + 1).map((j) => [i, j]));

/** Area against latency where the area differs, else the first thing that does. */
export function scatterDefaults(space) {
    const differs = (key) => {
        const m = space.measure(key);
        return m && m.most - m.least > 0.02 * Math.abs(m.most) ? m : null;
    };
    const x = differs('area') ?? differs('memory') ?? differs('axis-0') ?? differs('pes') ?? space.measures[0];
    const y = space.measure('latency');
    return {x, y, colour: null, xLog: x.isLog, yLog: y.isLog};
}

/** Bytes of memories in powers of two. */
const binaryLabel =
    "datum.value >= 1073741824 ? format(datum.value / 1073741824, '~r') + ' GiB' : datum.value >= 1048576 ? format(datum.value / 1048576, '~r') + ' MiB'" +
    " : datum.value >= 1024 ? format(datum.value / 1024, '~r') + ' KiB' : format(datum.value, '~r') + ' B'";
function binaryTicks(m, isLog) {
    const values = [];
    if (isLog) for (let e = Math.floor(Math.log2(m.least)); 2 ** e <= m.most; e++) values.push(2 ** e);
    else {
        const step = 2 ** Math.max(0, Math.ceil(Math.log2((m.most - m.least) / 7)));
        for (let v = Math.ceil(m.least / step) * step; v <= m.most; v += step) values.push(v);
    }
    return values.length > 9 ? values.filter((_, k) => k % 2 === 0) : values;
}
const format = (m) => (m.unit === '%' ? '~%' : '~s');
/** How ticks of a measure are written: with their unit where prefixes go with it. */
const ticks = (m) =>
    m.isBinary ? {labelExpr: binaryLabel} : /^(s|J|W|B|B\/s|Hz)$/.test(m.unit) ? unitAxis(m.unit) : {format: format(m)};
const unitText = (m) =>
    m.texts || !m.unit || m.unit === '%' || ticks(m).labelExpr
        ? m.title
        : `${m.title} (${m.unit === 'mm2' ? 'mm\u00b2' : m.unit})`;
/** A field on an axis: numbers on a scale, other values as they are listed. */
function channel(m, field, isLog, more = {}) {
    if (m.texts) return {field: `${field}Text`, type: 'ordinal', sort: m.texts, scale: {domain: m.texts}, title: m.title};
    return {
        field,
        type: 'quantitative',
        title: unitText(m),
        scale: {type: isLog ? 'log' : 'linear', zero: false, nice: !isLog, ...(isLog ? {padding: 8} : {})},
        axis: {...ticks(m), ...(m.isBinary ? {values: binaryTicks(m, isLog), tickCount: 20} : {tickCount: 6}), ...more},
    };
}

// ---- all points --------------------------------------------------------------------------------------------------------

/** Cells of a grid, with how many points each has and the least of the colour's measure in it. */
function cellsOf(indices, {x, y, colour, xLog, yLog}) {
    const grid = (m, isLog, n) => {
        const to = isLog ? Math.log : (v) => v,
            back = isLog ? Math.exp : (v) => v;
        const [low, high] = extentOf(m.values, indices).map(to),
            width = (high - low) / n || 1;
        return {cell: (v) => Math.min(n - 1, Math.floor((to(v) - low) / width)), edge: (k) => back(low + k * width)};
    };
    const gx = grid(x, xLog, CELLS[0]),
        gy = grid(y, yLog, CELLS[1]),
        cells = new Map();
    for (const i of indices) {
        const cx = x.texts ? x.values[i] : gx.cell(x.values[i]),
            cy = y.texts ? y.values[i] : gy.cell(y.values[i]);
        if (Number.isNaN(cx) || Number.isNaN(cy)) continue;
        const key = cx * 4096 + cy,
            cell = cells.get(key);
        const value = colour ? colour.values[i] : 0;
        if (!cell) cells.set(key, {cx, cy, n: 1, least: value, index: i});
        else {
            cell.n++;
            if (value < cell.least) {
                cell.least = value;
                cell.index = i;
            }
        }
    }
    return [...cells.values()].map(({cx, cy, n, least, index}) => ({
        kind: 'cell',
        index,
        n,
        c: colour ? least : n,
        colour: colour ? colour.show(least) : '',
        what: `${integer(n)} point${n === 1 ? '' : 's'}`,
        ...(x.texts ? {xText: x.texts[cx]} : {x: gx.edge(cx), x2: gx.edge(cx + 1)}),
        ...(y.texts ? {yText: y.texts[cy]} : {y: gy.edge(cy), y2: gy.edge(cy + 1)}),
        xShown: x.texts ? x.texts[cx] : `${x.show(gx.edge(cx))} to ${x.show(gx.edge(cx + 1))}`,
        yShown: y.texts ? y.texts[cy] : `${y.show(gy.edge(cy))} to ${y.show(gy.edge(cy + 1))}`,
    }));
}

function scatterRows(space, indices, options, chosen) {
    const {x, y, colour} = options;
    const row = (i, kind) => ({
        kind,
        index: i,
        what: `point ${i}${i === space.best ? ', recommended' : space.isOnFront[i] ? ', on the front' : ''}`,
        values: space.describe(i),
        x: x.values[i],
        y: y.values[i],
        xText: x.texts?.[x.values[i]],
        yText: y.texts?.[y.values[i]],
        xShown: x.show(x.values[i]),
        yShown: y.show(y.values[i]),
        c: colour ? colour.values[i] : 0,
        colour: colour ? colour.show(colour.values[i]) : '',
    });
    const isKnown = (i) => !Number.isNaN(x.values[i]) && !Number.isNaN(y.values[i]);
    const known = indices.filter(isKnown),
        isCells = known.length > MOST_POINTS;
    const front = known.filter((i) => space.isOnFront[i]);
    return [
        ...(isCells
            ? cellsOf(known, options)
            : Array.from(
                  known.filter((i) => !space.isOnFront[i]),
                  (i) => row(i, 'point'),
              )),
        ...Array.from(front, (i) => row(i, 'front')),
        ...(space.best >= 0 && isKnown(space.best) ? [row(space.best, 'recommended')] : []),
        ...(chosen != null && chosen >= 0 && chosen !== space.best && isKnown(chosen) ? [row(chosen, 'chosen')] : []),
    ];
}

/** options: {x, y, colour: measures or null, xLog, yLog} */
export function scatter(space, indices, options, {chosen, picks} = {}) {
    const {x, y, colour, xLog, yLog} = options;
    const rows = scatterRows(space, indices, options, chosen);
    const isCells = rows.some((row) => row.kind === 'cell');
    const of = (kind) => [{filter: {field: 'kind', equal: kind}}];
    const tooltip = [
        {field: 'what', title: 'point'},
        {field: 'values', title: 'values'},
        {field: 'xShown', title: x.title},
        {field: 'yShown', title: y.title},
        ...(colour ? [{field: 'colour', title: colour.title}] : []),
    ];
    const place = {x: channel(x, 'x', xLog), y: channel(y, 'y', yLog)};
    const isLogColour = isCells && !colour ? true : colour?.isLog;
    const tone = (look) => ({
        field: 'c',
        type: 'quantitative',
        title: colour ? unitText(colour) : 'points',
        scale: {
            type: isLogColour ? 'log' : 'linear',
            zero: false,
            scheme: colour ? 'viridis' : look === 'dark' ? 'darkblue' : 'blues',
        },
        legend: {...(colour ? ticks(colour) : {format: '~s'}), tickCount: 4},
    });
    const n = integer(indices.length),
        nFront = rows.filter((row) => row.kind === 'front').length;
    return {
        name: 'points',
        title: capital(`${y.title} against ${x.title}`),
        rows,
        picks: picks && ((row) => picks(row.index)),
        renderer: 'canvas',
        says:
            `${n} point${indices.length === 1 ? '' : 's'}${isCells ? ', in cells: the darker or brighter, the more' : ''}${isCells && colour ? ` (here: the least ${colour.title} of each)` : ''}; ` +
            `${integer(nFront)} of them on the front (orange): nothing beats these in latency, energy, area and memory together.${space.best >= 0 ? ' The diamond is the recommended one.' : ''}`,
        columns: [
            ['kind', 'kind'],
            ['point', 'index'],
            ['points', 'n'],
            [x.title, x.texts ? 'xText' : 'x'],
            [y.title, y.texts ? 'yText' : 'y'],
            ...(colour ? [[colour.title, 'c']] : []),
        ],
        spec: (look) => {
            const hues = huesOf(look),
                size = look === 'paper' ? 0.4 : 1,
                kinds = new Set(rows.map((row) => row.kind));
            const mark = (kind, more, encoding = {}) => ({
                transform: of(kind),
                mark: {type: 'point', filled: true, ...more},
                encoding: {...place, ...encoding, tooltip},
            });
            const cell = {
                transform: of('cell'),
                mark: {type: 'rect'},
                encoding: {
                    x: place.x,
                    y: place.y,
                    ...(x.texts ? {} : {x2: {field: 'x2'}}),
                    ...(y.texts ? {} : {y2: {field: 'y2'}}),
                    color: tone(look),
                    tooltip: [
                        {field: 'what', title: 'cell of'},
                        {field: 'xShown', title: x.title},
                        {field: 'yShown', title: y.title},
                        ...(colour ? [{field: 'colour', title: `least ${colour.title}`}] : []),
                    ],
                },
            };
            return {
                height: 380,
                layer: [
                    ...(isCells
                        ? [cell]
                        : [
                              mark(
                                  'point',
                                  {size: 36 * size, opacity: 0.75, ...(colour ? {} : {color: hues.point})},
                                  colour ? {color: tone(look)} : {},
                              ),
                          ]),
                    mark(
                        'front',
                        {
                            size: 42 * size,
                            color: hues.front,
                            ...(colour && !isCells ? {stroke: hues.front, strokeWidth: 1.5} : {}),
                        },
                        colour && !isCells ? {color: tone(look)} : {},
                    ),
                    mark('recommended', {
                        shape: 'diamond',
                        size: 220 * size,
                        color: hues.front,
                        stroke: look === 'dark' ? 'white' : 'black',
                        strokeWidth: 1.5,
                    }),
                    mark('chosen', {
                        shape: 'circle',
                        filled: false,
                        size: 220 * size,
                        stroke: look === 'dark' ? 'white' : 'black',
                        strokeWidth: 2.5,
                    }),
                ].filter((layer) => kinds.has(layer.transform[0].filter.equal)),
            };
        },
    };
}

// ---- along one axis ----------------------------------------------------------------------------------------------------

/** Of each workload: how much longer it takes with a value of an axis, all others at their best, than at best. */
export function trade(space, indices, a, {picks} = {}) {
    const axis = space.axes[a],
        isNumeric = axis.numbers != null;
    const lines = [
        ...(space.names.length > 1 ? [['mean of all', space.measure('latency')]] : []),
        ...space.latencies.map((m, w) => [space.names[w], m]),
    ];
    const rows = [],
        best = [];
    for (const [name, m] of lines) {
        const least = new Map();
        for (const i of indices) {
            const k = space.position(i, a);
            if (m.values[i] < (least.has(k) ? m.values[least.get(k)] : Infinity)) least.set(k, i);
        }
        const [lowest] = extentOf(m.values, indices);
        for (const [k, i] of [...least].sort((p, q) => p[0] - q[0]))
            rows.push({
                line: name,
                value: axis.values[k],
                number: axis.numbers?.[k],
                ratio: m.values[i] / lowest,
                index: i,
                shown: m.show(m.values[i]),
                more: percent(m.values[i] / lowest - 1),
                values: space.describe(i),
            });
        best.push([
            name,
            rows.filter((r) => r.line === name).reduce((p, q) => (q.ratio < p.ratio ? q : p), {ratio: Infinity}),
        ]);
    }
    const isLog = isNumeric && Math.min(...axis.numbers) > 0 && Math.max(...axis.numbers) / Math.min(...axis.numbers) > 8;
    const worst = Math.max(...rows.map((r) => r.ratio));
    const others = space.axes.length > 1 ? ', all other axes at their best' : '';
    const m = space.measure(`axis-${a}`);
    return {
        name: 'axis',
        title: `What ${axis.field} is worth`,
        rows,
        picks: picks && ((row) => picks(row.index)),
        says: `Time of each workload relative to its own best${others}. Best: ${best
            .filter(([, r]) => r.value != null)
            .map(([name, r]) => `${r.value} for ${name}`)
            .join(', ')}. The widest difference is ${worst.toFixed(2)}x.`,
        columns: [
            ['workload', 'line'],
            [axis.field, 'value'],
            ['time relative to the best', 'ratio'],
            ['point', 'index'],
        ],
        spec: (look) => ({
            height: 260,
            encoding: {
                x: isNumeric
                    ? channel(m, 'number', isLog)
                    : {field: 'value', type: 'ordinal', sort: axis.values, title: axis.field},
                y: {
                    field: 'ratio',
                    type: 'quantitative',
                    title: 'time / least time',
                    scale: {
                        type: worst > 4 ? 'log' : 'linear',
                        zero: false,
                        nice: false,
                        domain: [Math.max(0.9, 1 - 0.03 * (worst - 1)), Math.max(1.01, 1 + 1.06 * (worst - 1))],
                    },
                    axis: {tickCount: 6, format: '~r'},
                },
                color: {
                    field: 'line',
                    type: 'nominal',
                    sort: null,
                    title: null,
                    scale: {range: lineColours(look, lines.length)},
                    ...(lines.length > 1 ? {} : {legend: null}),
                },
                strokeDash: {
                    field: 'line',
                    type: 'nominal',
                    sort: null,
                    title: null,
                    ...(lines.length > 1 ? {} : {legend: null}),
                },
            },
            layer: [
                {mark: {type: 'line', strokeWidth: look === 'paper' ? 1 : 2}},
                {
                    mark: {type: 'point', filled: true, size: look === 'paper' ? 12 : 45},
                    encoding: {
                        tooltip: [
                            {field: 'line', title: 'workload'},
                            {field: 'value', title: axis.field},
                            {field: 'shown', title: 'latency'},
                            {field: 'more', title: 'above its best'},
                            {field: 'values', title: 'with'},
                        ],
                    },
                },
            ],
        }),
    };
}
function lineColours(look, n) {
    const hues = huesOf(look);
    const some = ['front', 'compute', 'buffer', 'carry', 'static', 'before'].map((name) => hues[name]);
    return Array.from({length: n}, (_, i) => some[i % some.length]);
}

// ---- over two axes -----------------------------------------------------------------------------------------------------

/** The least of a measure for each pair of values of two axes, over all others. */
export function heatmap(space, indices, a, b, m, {picks} = {}) {
    const [ax, ay] = [space.axes[a], space.axes[b]];
    const band = (axis) => {
        const step = Math.ceil(axis.values.length / MOST_BANDS);
        return (k) => k - (k % step);
    };
    const bx = band(ax),
        by = band(ay),
        least = new Map();
    for (const i of indices) {
        const key = bx(space.position(i, a)) * 1e6 + by(space.position(i, b)),
            before = least.get(key);
        if (m.values[i] < (before === undefined ? Infinity : m.values[before])) least.set(key, i);
    }
    const cells = [...least].map(([key, i]) => [Math.floor(key / 1e6), key % 1e6, i]);
    const values = cells.map(([, , i]) => m.values[i]),
        [low, high] = extentOf(values);
    const rows = cells.map(([x, y, i]) => ({
        x: ax.values[x],
        y: ay.values[y],
        value: m.values[i],
        shown: m.show(m.values[i]),
        index: i,
        best: m.values[i] === low ? 'least' : '',
        more: percent(m.values[i] / low - 1),
        values: space.describe(i),
    }));
    const at = rows.find((row) => row.best);
    const order = (axis) =>
        axis.values.filter((_, k) => rows.length > 0 && k % Math.ceil(axis.values.length / MOST_BANDS) === 0);
    const isLog = low > 0 && high / low > 4;
    return {
        name: 'map',
        title: capital(`${m.title} over ${ax.field} and ${ay.field}`),
        rows,
        picks: picks && ((row) => picks(row.index)),
        says: `The least ${m.title} of each pair of values${space.axes.length > 2 ? ', all other axes at their best' : ''}: ${m.show(low)} to ${m.show(high)}${at ? `; the least with ${ax.field} ${at.x} and ${ay.field} ${at.y} (ring)` : ''}. Pairs of which nothing passes are left empty.`,
        columns: [
            [ax.field, 'x'],
            [ay.field, 'y'],
            [m.title, 'value'],
            ['point', 'index'],
        ],
        spec: (look) => ({
            height: Math.max(120, Math.min(420, 22 * order(ay).length)),
            encoding: {
                x: {
                    field: 'x',
                    type: 'ordinal',
                    sort: ax.values,
                    title: ax.field,
                    scale: {domain: order(ax)},
                    axis: {labelAngle: -45, labelOverlap: true},
                },
                y: {
                    field: 'y',
                    type: 'ordinal',
                    sort: 'descending',
                    title: ay.field,
                    scale: {domain: order(ay).slice().reverse()},
                },
            },
            layer: [
                {
                    mark: {type: 'rect'},
                    encoding: {
                        color: {
                            field: 'value',
                            type: 'quantitative',
                            title: unitText(m),
                            scale: {
                                type: isLog ? 'log' : 'linear',
                                zero: false,
                                scheme: 'viridis',
                                reverse: look !== 'dark',
                            },
                            legend: {...ticks(m), tickCount: 4},
                        },
                        tooltip: [
                            {field: 'x', title: ax.field},
                            {field: 'y', title: ay.field},
                            {field: 'shown', title: m.title},
                            {field: 'more', title: 'above the least'},
                            {field: 'values', title: 'with'},
                        ],
                    },
                },
                {
                    transform: [{filter: {field: 'best', equal: 'least'}}],
                    mark: {
                        type: 'point',
                        shape: 'circle',
                        size: look === 'paper' ? 25 : 110,
                        stroke: huesOf(look).front,
                        strokeWidth: look === 'paper' ? 1.2 : 3,
                    },
                },
            ],
        }),
    };
}

// ---- all measures side by side -----------------------------------------------------------------------------------------

/** What parallel coordinates show: axes and objectives that differ. */
export const parallelMeasures = (space) =>
    [
        ...space.measures.filter((m) => m.axis != null),
        ...space.measures.filter((m) => m.isObjective),
        ...space.measures.filter((m) => m.key === 'pes'),
    ]
        .filter((m) => !m.isConstant)
        .slice(0, 12);

const evenly = (items, most) =>
    items.length <= most ? items : Array.from({length: most}, (_, k) => items[Math.floor((k * items.length) / most)]);

export function parallel(space, indices, {chosen, picks} = {}) {
    const measures = parallelMeasures(space);
    const front = evenly(Array.from(indices.filter((i) => space.isOnFront[i])), MOST_LINES / 2);
    const rest = evenly(Array.from(indices.filter((i) => !space.isOnFront[i])), MOST_LINES - front.length);
    const special = [space.best, chosen ?? -1].filter((i) => i >= 0);
    const share = (m, v) =>
        m.isLog ? Math.log(v / m.least) / Math.log(m.most / m.least) : (v - m.least) / (m.most - m.least);
    const lineOf = (i, kind) =>
        measures
            .map((m) => ({
                kind,
                index: i,
                measure: m.title,
                value: m.values[i],
                share: share(m, m.values[i]),
                shown: m.show(m.values[i]),
                what: `point ${i}`,
                values: space.describe(i),
            }))
            .filter((row) => !Number.isNaN(row.share));
    const rows = [
        ...rest.flatMap((i) => lineOf(i, 'other')),
        ...front.flatMap((i) => lineOf(i, 'front')),
        ...special.flatMap((i) => lineOf(i, i === space.best ? 'recommended' : 'chosen')),
    ];
    const ends = measures.flatMap((m) => [
        {measure: m.title, share: 1, text: m.show(m.most), dy: -8},
        {measure: m.title, share: 0, text: m.show(m.least), dy: 14},
    ]);
    const nLines = rest.length + front.length;
    return {
        name: 'parallel',
        title: 'Every axis and every objective side by side',
        rows,
        picks: picks && ((row) => picks(row.index)),
        says: `Each line is a point, from the least (bottom) to the most (top) of each column${measures.some((m) => m.isLog) ? ', wide ranges in the logarithm' : ''}. ${nLines < indices.length ? `${count(nLines)} of ${integer(indices.length)} points are drawn, evenly chosen, those of the front (orange) first` : 'Those of the front are orange'}; the thick line is ${chosen != null && chosen >= 0 && chosen !== space.best ? 'the recommended one, the dashed line the one that is looked at' : 'the recommended one'}.`,
        columns: [
            ['point', 'index'],
            ['kind', 'kind'],
            ['column', 'measure'],
            ['value', 'value'],
        ],
        spec: (look) => {
            const hues = huesOf(look),
                ink = look === 'dark' ? '#ffffff' : '#000000',
                isPaper = look === 'paper',
                thin = isPaper ? 0.4 : 1,
                kinds = new Set(rows.map((row) => row.kind));
            const line = (kind, more) => ({
                transform: [{filter: {field: 'kind', equal: kind}}],
                mark: {type: 'line', ...more},
                encoding: {detail: {field: 'index'}, tooltip: [{field: 'what', title: 'point'}, {field: 'values'}]},
            });
            return {
                height: 300,
                encoding: {
                    x: {
                        field: 'measure',
                        type: 'nominal',
                        sort: null,
                        title: null,
                        scale: {domain: measures.map((m) => m.title), type: 'point', padding: 0.35},
                        axis: {
                            labelAngle: measures.length > 5 || isPaper ? -30 : 0,
                            grid: true,
                            labelOverlap: false,
                            labelLimit: isPaper ? 90 : 140,
                        },
                    },
                    y: {
                        field: 'share',
                        type: 'quantitative',
                        axis: null,
                        scale: {domain: isPaper ? [-0.13, 1.13] : [-0.08, 1.08]},
                    },
                },
                layer: [
                    line('other', {color: hues.point, strokeWidth: 0.8 * thin, opacity: 0.45}),
                    line('front', {color: hues.front, strokeWidth: 1.1 * thin, opacity: 0.75}),
                    line('recommended', {color: ink, strokeWidth: 3 * thin}),
                    line('chosen', {color: ink, strokeWidth: 2.5, strokeDash: [6, 3]}),
                ]
                    .filter((layer) => kinds.has(layer.transform[0].filter.equal))
                    .concat(
                        [1, 0].map((end) => ({
                            data: {values: ends.filter((e) => e.share === end)},
                            mark: {type: 'text', dy: (end ? -9 : 10) * (isPaper ? 0.6 : 1), fontSize: isPaper ? 5 : 11},
                            encoding: {text: {field: 'text'}},
                        })),
                    ),
            };
        },
    };
}
