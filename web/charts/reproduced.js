// reproduced.js: published numbers beside ours: every deviation at a glance, and a chart of each table.
// SPDX-License-Identifier: MIT
import {capacity} from './numbers.js';
import {huesOf, scaleOf} from './theme.js';

/** Beyond it a deviation asks for a reason. */
export const BAND = 0.02;

// ---- numbers -------------------------------------------------------------------------------------------------------------

const isTime = (unit) => ['ms/token', 'ms', 's'].includes(unit);
function digitsOf({quantity, unit}, value) {
    if (isTime(unit) || quantity === 'utilization') return 3;
    if (quantity === 'speedup' || quantity === 'intensity') return 2;
    if (quantity.endsWith('_share')) return 1;
    return Math.abs(value) >= 1e5 || Math.abs(value - Math.round(value)) < 0.05 ? 0 : 1;
}
/** With the digits that its quantity deserves, as the command prints it. */
export function shownNumber(row, value) {
    if (value == null) return '\u2013';
    const digits = digitsOf(row, value);
    return value.toLocaleString('en-US', {minimumFractionDigits: digits, maximumFractionDigits: digits});
}
export const shownDeviation = (value) =>
    value == null ? '\u2013' : `${value > 0.5e-4 ? '+' : ''}${(Math.abs(value) < 0.5e-4 ? 0 : 100 * value).toFixed(2)} %`;

// ---- what tells the rows of a table apart --------------------------------------------------------------------------------

const quantityOf = (row) =>
    row.unit === 'model'
        ? `${row.quantity} of the model`
        : row.unit === ''
          ? row.quantity
          : `${row.quantity} in ${row.unit}`;
/** {title, value, show: as a label}. Numbers can make an axis. */
const dimensions = [
    {name: 'model', title: 'model', value: (row) => row.model},
    {name: 'quantity', title: 'quantity', value: quantityOf},
    {
        name: 'tokens',
        title: 'L',
        value: (row) => row.tokens,
        label: (n) => `L = ${n.toLocaleString('en-US')}`,
        axis: 'tokens L',
        log: true,
    },
    {
        name: 'area',
        title: 'a',
        value: (row) => row.area_fraction,
        label: (n) => `a = ${n}`,
        axis: 'area a, relative',
        log: false,
    },
    {
        name: 'share',
        title: 'm',
        value: (row) => row.memory_fraction,
        label: (n) => `m = ${n}`,
        axis: 'share m of the area that is memory',
        log: false,
    },
    {name: 'strategy', title: 'strategy', value: (row) => row.strategy},
    {
        name: 'buffer',
        title: 'buffer',
        value: (row) => row.buffer_bytes,
        label: capacity,
        axis: 'buffer (MiB)',
        scale: 1 / 2 ** 20,
        log: true,
    },
    {name: 'node', title: 'node', value: (row) => row.node},
];
const valuesOf = (dimension, rows) => [...new Set(rows.map(dimension.value))];
/** The dimensions in which rows differ. */
export const varying = (rows) => dimensions.filter((d) => valuesOf(d, rows).length > 1);
const labelOf = (dimension, row) => {
    const value = dimension.value(row);
    return value == null ? '' : dimension.label ? dimension.label(value) : value;
};
export const labelled = (row, of) =>
    of
        .map((d) => labelOf(d, row))
        .filter((text) => text !== '')
        .join(', ') || row.node;

/** Where a member of a family is meant the fractions say it all; where only the best is kept, what is best is a result. */
function axesOf(rows) {
    const all = varying(rows),
        isFamily = rows.some((row) => row.area_fraction != null);
    const own = all.filter((d) => d.name !== 'quantity' && !(isFamily && d.name === 'buffer'));
    const free = own.filter((d) => !['share', 'strategy'].includes(d.name));
    const fits = (of) => of.reduce((n, d) => n * valuesOf(d, rows).length, 1) === rows.length;
    return isFamily && !fits(own) && fits(free) ? free : own;
}

// ---- charts of tables ----------------------------------------------------------------------------------------------------

const kinds = {
    cycles: 'cycles',
    compute: 'cycles',
    group: 'cycles',
    lifetime: 'cycles',
    roofline: 'cycles',
    bytes: 'bytes',
    peak: 'bytes',
    tile: 'bytes',
    occupancy: 'bytes',
};
const kindOf = (row) => kinds[row.quantity] ?? row.quantity;
function axisTitle(rows) {
    const {unit} = rows[0],
        kind = kindOf(rows[0]);
    if (isTime(unit)) return unit;
    const percent = kind.endsWith('_share') ? ' (%)' : '';
    return `${kind.replace('_', ' ')}${unit === 'model' ? ' of the model' : ''}${percent}`;
}

/** Rows that can share an axis. */
function groupsOf(table) {
    const groups = new Map();
    for (const row of table.rows) {
        const key = `${kindOf(row)} ${row.unit}`;
        groups.set(key, [...(groups.get(key) ?? []), row]);
    }
    return [...groups.values()];
}

const fileName = (text) => text.replace(/[^\w.-]+/g, '-');

/** The charts of one table: one for each kind of number with more than one of them. */
export function tableCharts(reproduction, table) {
    const groups = groupsOf(table)
        .map((rows) => rows.filter((row) => row.ours != null))
        .filter((rows) => rows.length > 1);
    return groups.map((rows) => {
        const suffix = groups.length > 1 ? `-${kindOf(rows[0])}` : '';
        const figure = table.figure == null ? '' : `figure${table.figure}-`;
        return tableChart(
            rows,
            fileName(`${reproduction.paper}-${figure}${table.id}${suffix}`),
            table.title + (groups.length > 1 ? `: ${axisTitle(rows)}` : ''),
        );
    });
}

function tableChart(rows, name, title) {
    const axes = axesOf(rows);
    const nominal = axes.find((d) => !d.label && d.name !== 'model' && valuesOf(d, rows).length >= 5);
    const x = nominal
        ? null
        : ['share', 'buffer', 'tokens', 'area']
              .map((n) => axes.find((d) => d.name === n))
              .find((d) => d && valuesOf(d, rows).length >= 4);
    const rest = axes.filter((d) => d !== x && d !== nominal);
    const series = x || nominal ? rest.find((d) => valuesOf(d, rows).length <= 6) : undefined;
    const dash = x ? rest.find((d) => d !== series) : undefined;
    const quantities = valuesOf(dimensions[1], rows).length > 1 ? [dimensions[1]] : [];
    const left = [...quantities, ...axes.filter((d) => d !== x && d !== series && d !== dash)];
    const distinct = new Set(rows.map((row) => labelled(row, [...left, ...(series ? [series] : [])]))).size === rows.length;
    const labels = x || distinct ? left : varying(rows);
    const all = varying(rows);
    const made = rows.map((row) => ({
        label: labelled(row, labels),
        x: x ? x.value(row) * (x.scale ?? 1) : null,
        series: series ? labelOf(series, row) : 'ours',
        dash: dash ? labelOf(dash, row) : '',
        ours: row.ours,
        theirs: row.theirs,
        deviation: row.deviation,
        shownOurs: shownNumber(row, row.ours),
        shownTheirs: shownNumber(row, row.theirs),
        shownDeviation: shownDeviation(row.deviation),
        what: labelled(row, all),
        detail: row.detail ?? '',
        ...Object.fromEntries(all.map((d) => [`of_${d.name}`, d.value(row)])),
    }));
    const columns = [
        ...all.map((d) => [d.title, `of_${d.name}`]),
        ['ours', 'ours'],
        ['theirs', 'theirs'],
        ['deviation', 'deviation'],
    ];
    const chart = {made, value: axisTitle(rows), series: series ? [...new Set(made.map((r) => r.series))] : null, x, dash};
    return {name, title, rows: made, says: saysOf(made), columns, spec: x ? linesSpec(chart) : dotsSpec(chart)};
}

function saysOf(made) {
    const known = made.filter((row) => row.theirs != null);
    if (known.length === 0) return `${made.length} numbers of ours. None of them is published as a number.`;
    const worst = known.reduce((a, b) => (Math.abs(b.deviation) > Math.abs(a.deviation) ? b : a));
    return `${made.length} numbers, ${known.length} of them published; ${known.length === 1 ? 'ours is off by' : 'the largest deviation is'} ${worst.shownDeviation} (${worst.what}).`;
}

const palette = ['compute', 'dram', 'buffer', 'static', 'carry', 'before'];
/** Colours: of the series, or of ours and theirs where there is one. */
const isKnown = ({made}) => made.some((row) => row.theirs != null);
const colour = (chart, look) =>
    chart.series
        ? {
              field: 'series',
              type: 'nominal',
              title: null,
              scale: {domain: chart.series, range: chart.series.map((_, i) => huesOf(look)[palette[i % palette.length]])},
              legend: {columns: 3},
          }
        : {
              field: 'who',
              type: 'nominal',
              title: null,
              scale: scaleOf(
                  [
                      ['ours', 'compute'],
                      ['theirs', 'dram'],
                  ],
                  look,
              ),
              ...(isKnown(chart) ? {} : {legend: null}),
          };
const shape = (chart, look) => ({
    field: 'who',
    type: 'nominal',
    title: null,
    scale: {domain: ['ours', 'theirs'], range: ['circle', 'diamond']},
    ...(!isKnown(chart)
        ? {legend: null}
        : chart.series
          ? {legend: {symbolFillColor: huesOf(look).before, symbolStrokeColor: huesOf(look).before}}
          : {}),
});
/** What is drawn of ours, or of theirs: the field is the name. */
const drawn = (who) => [{filter: `isValid(datum.${who})`}, {calculate: `'${who}'`, as: 'who'}];
const tooltip = [
    {field: 'what', title: 'of'},
    {field: 'shownOurs', title: 'ours'},
    {field: 'shownTheirs', title: 'theirs'},
    {field: 'shownDeviation', title: 'deviation'},
    {field: 'detail', title: 'remark'},
];

function valueScale(made) {
    const values = made.flatMap((row) => [row.ours, row.theirs]).filter((value) => value != null);
    const least = Math.min(...values),
        most = Math.max(...values);
    const isLog = least > 0 && most > 10 * least;
    return {
        isLog,
        axis: {format: most >= 1e4 ? '~s' : '~g', tickCount: 6},
        scale: isLog
            ? {type: 'log', nice: false, domain: [least / 1.3, most * 1.3]}
            : {domain: [Math.min(0, least), 1.05 * most]},
    };
}
const named = (value, isLog) => value + (isLog ? ' (logarithmic)' : '');

/** Layers that stand where anything is published. */
const known = (chart, ...layers) => (isKnown(chart) ? layers : []);

/** A line for each row: ours a dot, theirs a hollow diamond, a rule between them. */
const dotsSpec = (chart) => (look) => {
    const {made, value, series} = chart,
        {isLog, scale, axis} = valueScale(made);
    const y = {field: 'label', type: 'nominal', sort: null, title: null};
    const yOffset =
        series && series.length > 1
            ? {yOffset: {field: 'series', type: 'nominal', sort: null, scale: {domain: series}}}
            : {};
    const size = look === 'paper' ? 0.3 : 1;
    const point = (who, mark) => ({
        transform: drawn(who),
        mark: {type: 'point', opacity: 1, ...mark},
        encoding: {
            y,
            ...yOffset,
            x: {field: who, type: 'quantitative', title: named(value, isLog), axis, scale},
            color: colour(chart, look),
            shape: shape(chart, look),
            tooltip,
        },
    });
    return {
        height: {step: Math.max(18, series ? 8 * series.length : 0), for: 'position'},
        layer: [
            ...known(chart, {
                transform: [{filter: 'isValid(datum.theirs)'}],
                mark: {type: 'rule', opacity: 0.5},
                encoding: {y, ...yOffset, x: {field: 'ours', type: 'quantitative', scale}, x2: {field: 'theirs'}},
            }),
            point('ours', {filled: true, size: 45 * size}),
            ...known(chart, point('theirs', {filled: false, size: 110 * size, strokeWidth: 1.4 * Math.sqrt(size)})),
        ],
    };
};

const linesSpec = (chart) => (look) => {
    const {made, value, x, dash} = chart,
        {isLog, scale, axis} = valueScale(made);
    const size = look === 'paper' ? 0.3 : 1;
    const across = {
        field: 'x',
        type: 'quantitative',
        title: named(x.axis, x.log),
        scale: x.log ? {type: 'log', base: 2, nice: false} : {zero: false, nice: false, padding: 8},
        axis: {format: x.name === 'tokens' ? ',d' : '~g', tickCount: 7},
    };
    const up = (field) => ({field, type: 'quantitative', title: named(value, isLog), axis, scale});
    const dashes = dash
        ? {strokeDash: {field: 'dash', type: 'nominal', title: null, legend: {symbolSize: look === 'paper' ? 250 : 600}}}
        : {};
    const point = (who, mark) => ({
        transform: drawn(who),
        mark: {type: 'point', opacity: 1, ...mark},
        encoding: {x: across, y: up(who), color: colour(chart, look), shape: shape(chart, look), tooltip},
    });
    return {
        height: 300,
        layer: [
            {
                transform: drawn('ours'),
                mark: {type: 'line', strokeWidth: look === 'paper' ? 0.8 : 1.6},
                encoding: {x: across, y: up('ours'), color: colour(chart, look), ...dashes},
            },
            point('ours', {filled: true, size: 22 * size}),
            ...known(chart, point('theirs', {filled: false, size: 150 * size, strokeWidth: 1.8 * Math.sqrt(size)})),
        ],
    };
};

// ---- every deviation -----------------------------------------------------------------------------------------------------

/** Every number that is published and computed, with where it stands. */
export function comparedRows(page) {
    return page.reproductions.flatMap((reproduction) => {
        const honest = new Set(reproduction.settings.filter((s) => s.honest).map((s) => s.name));
        return reproduction.tables.flatMap((table) => {
            const of = varying(table.rows);
            return table.rows
                .filter((row) => row.deviation != null)
                .map((row) => ({
                    ...row,
                    isHonest: honest.has(row.setting),
                    paper: reproduction.paper,
                    table: table.title,
                    figure: table.figure,
                    where: `${table.figure == null ? '' : `figure ${table.figure}: `}${table.title}`,
                    what: labelled(row, of),
                }));
        });
    });
}

const WITHIN = 'within 2 %',
    EXPLAINED = 'beyond, explained',
    UNEXPLAINED = 'beyond, not explained',
    HONEST = 'ours under honest assumptions';
const kindOfDeviation = (row) =>
    row.isHonest ? HONEST : Math.abs(row.deviation) <= BAND ? WITHIN : row.reason == null ? UNEXPLAINED : EXPLAINED;

function deviations(page) {
    const rows = comparedRows(page)
        .sort((a, b) => a.deviation - b.deviation)
        .map((row, i) => ({
            at: i + 1,
            percent: 100 * row.deviation,
            kind: kindOfDeviation(row),
            where: row.where,
            what: row.what,
            quantity: quantityOf(row),
            ours: row.ours,
            theirs: row.theirs,
            shownOurs: shownNumber(row, row.ours),
            shownTheirs: shownNumber(row, row.theirs),
            shown: shownDeviation(row.deviation),
            reason: row.reason ?? '',
            paper: row.paper,
        }));
    const present = [
        [WITHIN, 'compute', 'circle'],
        [EXPLAINED, 'dram', 'diamond'],
        [UNEXPLAINED, 'front', 'cross'],
        [HONEST, 'static', 'triangle-up'],
    ].filter(([kind]) => rows.some((row) => row.kind === kind));
    const own = rows.filter((row) => row.kind !== HONEST),
        within = own.filter((row) => row.kind === WITHIN);
    const most = (sign) => 1.15 * Math.max(3, ...rows.map((row) => sign * row.percent));
    const scale = {type: 'symlog', constant: 2, nice: false, domain: [-most(-1), most(1)]};
    return {
        name: 'deviations',
        title: 'Every published number: how far ours is from it',
        rows,
        says: `${within.length} of ${own.length} numbers under the paper\u2019s assumptions are within 2 %, the shaded band; sorted, the scale is logarithmic outside of it.`,
        columns: [
            ['paper', 'paper'],
            ['table', 'where'],
            ['of', 'what'],
            ['quantity', 'quantity'],
            ['ours', 'ours'],
            ['theirs', 'theirs'],
            ['deviation (%)', 'percent'],
            ['kind', 'kind'],
            ['reason', 'reason'],
        ],
        spec: (look) => ({
            height: 320,
            layer: [
                {
                    data: {values: [{low: -100 * BAND, high: 100 * BAND}]},
                    mark: {type: 'rect', opacity: 0.18, color: huesOf(look).buffer},
                    encoding: {y: {field: 'low', type: 'quantitative', scale}, y2: {field: 'high'}},
                },
                {
                    mark: {type: 'point', filled: true, opacity: 0.9, size: look === 'paper' ? 10 : 45},
                    encoding: {
                        x: {
                            field: 'at',
                            type: 'quantitative',
                            title: 'published numbers, by deviation',
                            axis: {tickCount: 6},
                            scale: {nice: false, zero: false, padding: 8},
                        },
                        y: {
                            field: 'percent',
                            type: 'quantitative',
                            title: 'deviation of ours (%)',
                            scale,
                            axis: {
                                values: [-100, -50, -20, -10, -5, -2, 0, 2, 5, 10, 20, 50, 100, 200],
                                labelExpr: "datum.value ? format(datum.value, '+d') : '0'",
                                tickCount: 20,
                            },
                        },
                        color: {
                            field: 'kind',
                            type: 'nominal',
                            title: null,
                            scale: scaleOf(present, look),
                            legend: {columns: 1, labelLimit: 300},
                        },
                        shape: {
                            field: 'kind',
                            type: 'nominal',
                            title: null,
                            scale: {domain: present.map(([kind]) => kind), range: present.map(([, , name]) => name)},
                        },
                        tooltip: [
                            {field: 'where', title: 'in'},
                            {field: 'what', title: 'of'},
                            {field: 'quantity'},
                            {field: 'shownOurs', title: 'ours'},
                            {field: 'shownTheirs', title: 'theirs'},
                            {field: 'shown', title: 'deviation'},
                            {field: 'reason'},
                        ],
                    },
                },
            ],
        }),
    };
}

/** The chart over all, where there is anything to compare. */
export const overview = (page) => (comparedRows(page).length > 1 ? [deviations(page)] : []);

export const reproducedCharts = (page) => [
    ...overview(page),
    ...page.reproductions.flatMap((reproduction) =>
        reproduction.tables.flatMap((table) => tableCharts(reproduction, table)),
    ),
];
