// chart.js: a chart on the page: drawn when it comes into sight, described in words, its data as a table, saved as a file.
// SPDX-License-Identifier: MIT
import {Handler} from 'vega-tooltip';

import {csvOf, specOf, viewOf} from '../charts/draw.js';
import {download, h, replace} from './dom.js';
import {table} from './table.js';

const prefersDark = matchMedia('(prefers-color-scheme: dark)');
let isPrinting = false;
const look = () => (prefersDark.matches && !isPrinting ? 'dark' : 'light');
const drawn = new Set(); // functions that draw again what is on the page
const drawAll = (isNow) => drawn.forEach((draw) => draw(isNow));

prefersDark.addEventListener('change', () => drawAll(false));
addEventListener('beforeprint', () => {
    isPrinting = true;
    drawAll(true);
});
addEventListener('afterprint', () => {
    isPrinting = false;
    drawAll(false);
});

const tooltip = new Handler().call; // shows values as text

/** A figure element; `element.view` is what Vega drew last, `element.forget()` lets it go. */
export function figure(chart) {
    const place = h('div'); // Vega gives it a role of its own
    const frame = h('div', {class: 'chart', role: 'img', 'aria-label': `${chart.title}. ${chart.says}`}, place);
    let view = null,
        isSeen = false;

    function draw(isNow) {
        if (!isSeen && !isNow) return;
        isSeen = true;
        view?.finalize();
        try {
            view = viewOf(specOf(chart, look(), 'container'), {
                renderer: chart.renderer ?? 'svg',
                container: place,
                hover: true,
                tooltip,
            });
            if (chart.picks) view.addEventListener('click', (event, item) => item?.datum && chart.picks(item.datum));
            view.run(); // needs no time to pass: who prints does not wait
        } catch (error) {
            replace(place, h('p', {class: 'error'}, `This chart cannot be drawn: ${error.message}`));
        }
        element.view = view;
    }
    const save = (what, make) =>
        h('button', {type: 'button', onclick: make, 'aria-label': `Save ${chart.title} as ${what}`}, what);
    const onPaper = () => viewOf(specOf(chart, 'paper', 480), {renderer: 'none'});
    const element = h(
        'figure',
        {id: `chart-${chart.name}`},
        h('figcaption', {}, h('h3', {}, chart.title), h('p', {}, chart.says)),
        frame,
        h(
            'div',
            {class: 'actions'},
            save('SVG', async () => download(`${chart.name}.svg`, await onPaper().toSVG(), 'image/svg+xml')),
            save('PNG', async () => download(`${chart.name}.png`, await onPaper().toImageURL('png', 3))),
            save('CSV', () => download(`${chart.name}.csv`, csvOf(chart), 'text/csv')),
            save('Vega-Lite', () => download(`${chart.name}.vl.json`, JSON.stringify(specOf(chart, 'light', 480), null, 1))),
        ),
        dataOf(chart),
    );
    drawn.add(draw);
    element.forget = () => {
        drawn.delete(draw);
        view?.finalize();
    };
    whenNear(frame, () => draw(true));
    return element;
}

/** Figures that stand in for each other: replaced, the old ones let go. */
export function replaceFigures(into, ...children) {
    into.querySelectorAll('figure').forEach((element) => element.forget?.());
    return replace(into, ...children);
}

/** The same data as a table, made when it is opened. */
function dataOf(chart) {
    const details = h('details', {class: 'data'}, h('summary', {}, 'Data of this chart'));
    const isNumber = (field) => chart.rows.some((row) => typeof row[field] === 'number');
    details.addEventListener(
        'toggle',
        () =>
            details.append(
                table(
                    chart.columns.map(([title, field]) => ({title, value: (row) => row[field], isNumber: isNumber(field)})),
                    chart.rows,
                    {caption: `Data of: ${chart.title}`},
                ),
            ),
        {once: true},
    );
    return details;
}

/** Calls once when the element comes near the part of the page that is seen. */
function whenNear(element, call) {
    const observer = new IntersectionObserver(
        (entries) => {
            if (!entries.some((entry) => entry.isIntersecting)) return;
            observer.disconnect();
            call();
        },
        {rootMargin: '300px'},
    );
    observer.observe(element);
}
