// table.js: tables that sort by any column and copy as CSV.
// SPDX-License-Identifier: MIT
import {csv} from '../charts/csv.js';
import {copy, h, replace} from './dom.js';

function compare(a, b) {
    const none = (value) => value == null || Number.isNaN(value);
    if (none(a) || none(b)) return none(a) - none(b); // what is not known comes last
    return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en');
}

/**
 * columns: [{title, value: row => number or text, show: value => text, isNumber}]
 * options: {caption, selected: row => boolean, choose: row => ..., most: rows to draw at once}
 */
export function table(columns, rows, {caption, selected = () => false, choose, most = 200} = {}) {
    let order = null; // {column, sign}
    const body = h('tbody');
    const more = h('p', {class: 'more'});
    const heads = columns.map((column, i) =>
        h(
            'th',
            {scope: 'col', class: column.isNumber ? 'number' : null},
            h('button', {type: 'button', onclick: () => sort(i)}, column.title),
        ),
    );

    function cell(column, row) {
        const value = column.value(row);
        const shown = column.show ? column.show(value, row) : (value ?? '\u2013');
        return h('td', {class: column.isNumber ? 'number' : null, title: column.exact ? column.exact(value) : null}, shown);
    }
    function sorted() {
        if (!order) return rows;
        const {value} = columns[order.column];
        return rows
            .map((row, i) => [row, i])
            .sort(([a, i], [b, j]) => {
                const known = compare(value(a), value(b));
                const last = value(a) == null || value(b) == null;
                return (last ? known : order.sign * known) || i - j;
            })
            .map(([row]) => row);
    }
    function line(row) {
        const cells = columns.map((column) => cell(column, row));
        if (choose)
            cells[0].replaceChildren(
                h('button', {type: 'button', class: 'choose', onclick: () => choose(row)}, ...cells[0].childNodes),
            );
        return h('tr', {class: selected(row) ? 'selected' : null, 'aria-current': selected(row) ? 'true' : null}, cells);
    }
    function draw(limit = most) {
        const all = sorted();
        replace(body, all.slice(0, limit).map(line));
        replace(
            more,
            all.length > limit && [
                `${limit} of ${all.length} rows. `,
                h('button', {type: 'button', onclick: () => draw(Math.min(all.length, limit * 5))}, 'Show more'),
            ],
        );
    }
    function sort(column) {
        order = {column, sign: order?.column === column ? -order.sign : 1};
        heads.forEach((head, i) => {
            if (i === column) head.setAttribute('aria-sort', order.sign > 0 ? 'ascending' : 'descending');
            else head.removeAttribute('aria-sort');
        });
        draw();
    }
    const copyButton = h(
        'button',
        {
            type: 'button',
            class: 'copy',
            onclick: () =>
                copy(
                    csv(
                        columns.map((c) => c.title),
                        sorted().map((row) => columns.map((c) => c.value(row))),
                    ),
                    copyButton,
                ),
        },
        'Copy as CSV',
    );
    draw();
    return h(
        'div',
        {class: 'table'},
        h(
            'div',
            {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption},
            h('table', {}, caption && h('caption', {}, caption), h('thead', {}, h('tr', {}, heads)), body),
        ),
        more,
        copyButton,
    );
}
