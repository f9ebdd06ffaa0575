// reproduced.js: the page of published numbers beside ours.
// SPDX-License-Identifier: MIT
import {BAND, comparedRows, overview, shownDeviation, shownNumber, tableCharts, varying} from '../charts/reproduced.js';
import {integer, capacity} from '../charts/numbers.js';
import {figure} from './chart.js';
import {h, section} from './dom.js';
import {provenance} from './provenance.js';
import {table} from './table.js';

const largest = (rows) => rows.reduce((a, b) => (Math.abs(b.deviation) > Math.abs(a.deviation) ? b : a));

// ---- the answer ----------------------------------------------------------------------------------------------------------

function answer(page) {
    const rows = page.reproductions.flatMap((r) => r.tables.flatMap((t) => t.rows));
    const compared = comparedRows(page),
        own = compared.filter((row) => !row.isHonest),
        honest = compared.filter((row) => row.isHonest);
    const within = own.filter((row) => Math.abs(row.deviation) <= BAND);
    const beyond = own.filter((row) => Math.abs(row.deviation) > BAND),
        unexplained = beyond.filter((row) => row.reason == null);
    if (own.length === 0)
        return h(
            'p',
            {class: 'answer'},
            `${integer(rows.length)} numbers are computed; none of them is published as a number.`,
        );
    const worst = largest(own);
    return [
        h(
            'p',
            {class: 'answer'},
            `${integer(within.length)} of ${integer(own.length)} published numbers are met within 2 % under the paper\u2019s own assumptions; `,
            unexplained.length === 0
                ? `each of the ${integer(beyond.length)} others has its reason.`
                : `${integer(unexplained.length)} of the others are not explained.`,
        ),
        h(
            'p',
            {},
            `${integer(rows.length)} numbers are computed. The largest deviation is ${shownDeviation(worst.deviation)}: ${worst.what} in \u201c${worst.where}\u201d, `,
            `${shownNumber(worst, worst.ours)} where ${shownNumber(worst, worst.theirs)} is published. `,
            worst.reason && `Why: ${sentence(worst.reason)}`,
        ),
        honest.length > 0 &&
            h(
                'p',
                {},
                `Beside them stand ${integer(honest.length)} published claims under honest assumptions, which are other numbers on purpose: up to ${shownDeviation(largest(honest).deviation)}.`,
            ),
    ];
}
const sentence = (text) => (/[.!?]$/.test(text) ? text : `${text}.`);

// ---- tables --------------------------------------------------------------------------------------------------------------

const words = (text) => h('span', {class: 'words'}, text ?? '\u2013');
const shows = {tokens: integer, buffer: capacity};
function rowsTable(of) {
    const number = (title, value, show) => ({title, value, show, isNumber: true});
    return table(
        [
            ...varying(of.rows).map((d) => ({
                title: d.title,
                value: d.value,
                show: shows[d.name] ?? words,
                isNumber: d.label != null,
            })),
            ...(of.rows.some((row) => row.pes) ? [{title: 'PEs', value: (row) => row.pes?.join(' x ')}] : []),
            number(
                'ours',
                (row) => row.ours,
                (value, row) => shownNumber(row, value),
            ),
            number(
                'theirs',
                (row) => row.theirs,
                (value, row) => shownNumber(row, value),
            ),
            number('deviation', (row) => row.deviation, shownDeviation),
            {
                title: 'why, and what else is to be said',
                value: (row) => remarkOf(row),
                show: (text) => h('div', {class: 'reason'}, text),
            },
            {
                title: 'command',
                value: (row) => row.command,
                show: (text) => (text == null ? '\u2013' : h('code', {class: 'words'}, text)),
            },
        ],
        of.rows,
        {caption: `${of.title}: ours beside theirs`, most: 60},
    );
}
const remarkOf = (row) =>
    [row.reason ?? (row.deviation != null && Math.abs(row.deviation) > BAND ? 'not explained' : null), row.detail]
        .filter((text) => text != null)
        .join('; ') || null;

/** What all rows have in common. */
function common(of) {
    const names = new Set(varying(of.rows).map((d) => d.name)),
        [row] = of.rows;
    const words = [
        !names.has('model') && row.model,
        !names.has('tokens') && row.tokens != null && `L = ${integer(row.tokens)}`,
        !names.has('strategy') && row.strategy,
        !names.has('buffer') && row.buffer_bytes != null && capacity(row.buffer_bytes),
        !names.has('quantity') &&
            (row.unit === 'model'
                ? `${row.quantity} of the model`
                : row.unit
                  ? `${row.quantity} in ${row.unit}`
                  : row.quantity),
    ];
    return words.filter((word) => word).join(', ');
}

function settings(reproduction, of) {
    const used = new Set(of.rows.map((row) => row.setting));
    return reproduction.settings
        .filter((s) => used.has(s.name))
        .map((s) => h('p', {class: 'setting'}, h('strong', {}, s.name), `: ${sentence(s.says)}`));
}

function tablePart(reproduction, of) {
    if (of.rows.length === 0) return null;
    const charts = tableCharts(reproduction, of);
    const isTitled = charts.length === 1 && charts[0].title === of.title; // the chart's heading is the table's
    return h(
        'article',
        {id: `table-${reproduction.paper}-${of.id}`},
        !isTitled && h('h3', {}, of.title),
        charts.map(figure),
        h('p', {class: 'common'}, common(of)),
        settings(reproduction, of),
        h(
            'details',
            {class: 'numbers', open: of.rows.length <= 40},
            h('summary', {}, `The ${integer(of.rows.length)} numbers of \u201c${of.title}\u201d, and the command of each`),
            rowsTable(of),
        ),
    );
}

// ---- sections ------------------------------------------------------------------------------------------------------------

const idOf = (reproduction) => `${reproduction.paper}-${reproduction.figure ?? 'claims'}`;
const nameOf = (reproduction) => (reproduction.figure == null ? 'Tables and claims' : `Figure ${reproduction.figure}`);

function contents(page) {
    const rows = comparedRows(page);
    const items = page.reproductions.map((reproduction) => {
        const own = rows.filter(
            (row) => row.paper === reproduction.paper && row.figure === reproduction.figure && !row.isHonest,
        );
        const within = own.filter((row) => Math.abs(row.deviation) <= BAND).length;
        const n = reproduction.tables.reduce((sum, of) => sum + of.rows.length, 0);
        return h(
            'li',
            {},
            h('a', {href: `#${idOf(reproduction)}`}, `${reproduction.paper}, ${nameOf(reproduction).toLowerCase()}`),
            ` \u2013 ${integer(n)} numbers${own.length > 0 ? `, ${integer(within)} of ${integer(own.length)} published ones within 2 %` : ', none published'}`,
        );
    });
    return h('nav', {'aria-label': 'Contents'}, h('ul', {class: 'contents'}, items));
}

function reproductionSection(reproduction) {
    return section(
        idOf(reproduction),
        `${reproduction.paper}: ${nameOf(reproduction)}`,
        h('p', {}, `${reproduction.title}. Theirs: ${sentence(reproduction.source)}`),
        reproduction.remarks.length > 0 && [
            h('h3', {}, 'What becomes of the claims'),
            h(
                'ul',
                {},
                reproduction.remarks.map((remark) => h('li', {}, remark)),
            ),
        ],
        reproduction.tables.map((of) => tablePart(reproduction, of)),
    );
}

export function reproducedPage(page) {
    const {reproductions} = page;
    return [
        h('div', {class: 'lead'}, answer(page)),
        reproductions.length > 1 && contents(page),
        section('overview', 'All at a glance', overview(page).map(figure)),
        reproductions.map(reproductionSection),
        provenance(page),
    ];
}
