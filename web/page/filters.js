// filters.js: which points are looked at: a range of each axis and of each measure, the front alone.
// SPDX-License-Identifier: MIT
import {quantityOf} from '../charts/quantity.js';
import {h} from './dom.js';

/** From one value of an axis to another, by their places in its list. */
function axisFilter(space, m, tell) {
    const axis = space.axes[m.axis];
    const ends = ['from', 'to'].map((end, e) => {
        const select = h(
            'select',
            {'aria-label': `${m.title} ${end}`, onchange: tell},
            axis.values.map((value, k) => h('option', {value: k}, value)),
        );
        select.selectedIndex = e ? axis.values.length - 1 : 0;
        return select;
    });
    const value = (k) => (axis.numbers ? axis.numbers[k] : k);
    return {
        element: h('fieldset', {}, h('legend', {}, m.title), ends[0], ' to ', ends[1]),
        read: () => {
            const [from, to] = ends.map((select) => select.selectedIndex);
            if (from === 0 && to === axis.values.length - 1) return null;
            const picked = axis.values.map((_, k) => value(k)).slice(Math.min(from, to), Math.max(from, to) + 1);
            return [Math.min(...picked), Math.max(...picked)];
        },
        clear: () =>
            ends.forEach((select, e) => {
                select.selectedIndex = e ? axis.values.length - 1 : 0;
            }),
    };
}

/** Least and most as text, with units. */
function numberFilter(m, tell) {
    const fields = ['least', 'most'].map((end) =>
        h('input', {
            type: 'text',
            inputmode: 'text',
            autocomplete: 'off',
            spellcheck: 'false',
            'aria-label': `${end} ${m.title}`,
            placeholder: m.show(m[end]),
            oninput: tell,
        }),
    );
    return {
        element: h('fieldset', {}, h('legend', {}, m.title), fields[0], ' to ', fields[1]),
        read: () => {
            const range = fields.map((field) => {
                const value = quantityOf(field.value, m.unit),
                    isWrong = Number.isNaN(value);
                if (isWrong) field.setAttribute('aria-invalid', 'true');
                else field.removeAttribute('aria-invalid');
                return isWrong ? null : value;
            });
            return range.every((value) => value == null) ? null : range;
        },
        clear: () =>
            fields.forEach((field) => {
                field.value = '';
            }),
    };
}

/** Calls change({ranges, frontOnly}) with what is asked for. */
export function filters(space, change) {
    let isWaiting = false;
    const tell = () => {
        if (isWaiting) return;
        isWaiting = true; // several keys in one frame are one change
        requestAnimationFrame(() => {
            isWaiting = false;
            change(read());
        });
    };
    const frontOnly = h('input', {type: 'checkbox', id: 'front-only', onchange: tell});
    const parts = space.measures
        .filter((m) => !m.isConstant)
        .sort((p, q) => (q.axis != null) - (p.axis != null))
        .map((m) => [m.key, m.axis != null ? axisFilter(space, m, tell) : numberFilter(m, tell)]);
    function read() {
        const ranges = {};
        for (const [key, part] of parts) {
            const range = part.read();
            if (range) ranges[key] = range;
        }
        return {ranges, frontOnly: frontOnly.checked};
    }
    function clear() {
        frontOnly.checked = false;
        parts.forEach(([, part]) => part.clear());
        tell();
    }
    const main = parts.filter(([key]) => /^(axis-\d+|latency|energy|area|memory)$/.test(key)),
        others = parts.filter((part) => !main.includes(part));
    return h(
        'form',
        {class: 'explore-filters', 'aria-label': 'Filters', onsubmit: (event) => event.preventDefault()},
        h('p', {}, 'Bounds may have units, as in 4 MiB, 1.5 ms, 200 mm2, 30 %. Charts and the table below follow.'),
        h(
            'div',
            {class: 'filters'},
            main.map(([, part]) => part.element),
        ),
        others.length > 0 &&
            h(
                'details',
                {},
                h('summary', {}, 'More filters'),
                h(
                    'div',
                    {class: 'filters'},
                    others.map(([, part]) => part.element),
                ),
            ),
        h(
            'p',
            {class: 'actions'},
            h('label', {for: 'front-only'}, frontOnly, ' only the front'),
            h('button', {type: 'button', onclick: clear}, 'Clear filters'),
        ),
    );
}
