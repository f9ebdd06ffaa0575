// points.js: a table of many points, a page of rows at a time, sorted by any column, as CSV.
// SPDX-License-Identifier: MIT
import {csv} from '../charts/csv.js';
import {integer} from '../charts/numbers.js';
import {copy, h, replace} from './dom.js';

const ROWS = 50;

/** Measures that tell points apart; of what does not differ the details of a point tell. */
const shownMeasures = (space) => [
    ...space.measures.filter((m) => m.axis != null),
    ...space.measures.filter((m) => m.axis == null && (!m.isConstant || m.key === 'latency')),
];

/** An element; `element.show(indices, chosen)` fills it. */
export function pointsTable(space, {caption, choose}) {
    const measures = shownMeasures(space);
    const columns = [{title: 'point', values: null}, ...measures, {title: 'front', values: null}];
    const standing = (i) => (i === space.best ? 'recommended' : space.isOnFront[i] ? 'front' : '');
    const keyOf = (c) =>
        c === 0
            ? (i) => i
            : columns[c].values
              ? (i) => columns[c].values[i]
              : (i) => (i === space.best ? 0 : space.isOnFront[i] ? 1 : 2);
    let order = null,
        indices = new Uint32Array(),
        sorted = indices,
        first = 0,
        chosen = -1;

    const heads = columns.map((column, c) =>
        h(
            'th',
            {scope: 'col', class: column.values ? 'number' : null},
            h('button', {type: 'button', onclick: () => sortBy(c)}, column.title),
        ),
    );
    const body = h('tbody'),
        place = h('span', {role: 'status'});
    const turn = (title, to) =>
        h(
            'button',
            {
                type: 'button',
                onclick: () => {
                    first = to();
                    draw();
                },
            },
            title,
        );
    const last = () => Math.max(0, Math.floor((sorted.length - 1) / ROWS) * ROWS);
    const pages = [
        turn('First', () => 0),
        turn('Previous', () => Math.max(0, first - ROWS)),
        turn('Next', () => Math.min(last(), first + ROWS)),
        turn('Last', last),
    ];

    function sort() {
        if (!order) {
            sorted = indices;
            return;
        }
        const key = keyOf(order.column),
            {sign} = order;
        sorted = Uint32Array.from(indices).sort((i, j) => {
            const a = key(i),
                b = key(j);
            if (a < b) return -sign;
            if (a > b) return sign;
            return Number.isNaN(a) - Number.isNaN(b) || i - j; // what is not known comes last
        });
    }
    function sortBy(column) {
        order = {column, sign: order?.column === column ? -order.sign : 1};
        heads.forEach((head, c) => {
            if (c === column) head.setAttribute('aria-sort', order.sign > 0 ? 'ascending' : 'descending');
            else head.removeAttribute('aria-sort');
        });
        sort();
        first = 0;
        draw();
    }
    function line(i) {
        const cells = columns.map((column, c) => {
            if (c === 0)
                return h(
                    'td',
                    {},
                    h(
                        'button',
                        {type: 'button', class: 'choose', 'aria-label': `Show point ${i}`, onclick: () => choose(i)},
                        String(i),
                    ),
                );
            return h(
                'td',
                {class: column.values ? 'number' : null},
                column.values
                    ? column.axis != null
                        ? space.valueText(i, column.axis)
                        : column.show(column.values[i])
                    : standing(i),
            );
        });
        return h('tr', {class: i === chosen ? 'selected' : null, 'aria-current': i === chosen ? 'true' : null}, cells);
    }
    function draw() {
        replace(body, Array.from(sorted.subarray(first, first + ROWS), line));
        place.textContent = sorted.length
            ? `${integer(first + 1)} to ${integer(Math.min(sorted.length, first + ROWS))} of ${integer(sorted.length)}`
            : 'no point';
        pages.forEach((button, p) => {
            button.disabled = p < 2 ? first === 0 : first >= last();
        });
    }
    const cellOf = (column, c, i) =>
        c === 0
            ? i
            : column.axis != null
              ? space.valueText(i, column.axis)
              : column.values
                ? Number.isNaN(column.values[i])
                    ? null
                    : column.values[i]
                : standing(i);
    const titleOf = (column) =>
        column.values && column.axis == null && column.unit && column.unit !== '%'
            ? `${column.title} (${column.unit})`
            : column.title;
    const copyButton = h(
        'button',
        {
            type: 'button',
            class: 'copy',
            onclick: () =>
                copy(
                    csv(
                        columns.map(titleOf),
                        Array.from(sorted, (i) => columns.map((column, c) => cellOf(column, c, i))),
                    ),
                    copyButton,
                ),
        },
        'Copy as CSV',
    );
    const element = h(
        'div',
        {class: 'table'},
        h(
            'div',
            {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption},
            h('table', {}, h('caption', {}, caption), h('thead', {}, h('tr', {}, heads)), body),
        ),
        h('p', {class: 'actions pages'}, pages, place, copyButton),
    );
    element.show = (some, which) => {
        chosen = which;
        if (some !== indices) {
            indices = some;
            first = 0;
            sort();
        }
        draw();
    };
    return element;
}
