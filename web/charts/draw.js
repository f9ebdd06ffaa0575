// draw.js: from a chart to its specification, its drawing and its data. Needs no page.
// SPDX-License-Identifier: MIT
//
// A chart is {name, title, says, rows, columns: [[title, field]...], spec: look => Vega-Lite without data, picks}: `says` is the
// chart in words; `look` is light, dark or paper.
import {parse, View, Warn} from 'vega';
import {expressionInterpreter} from 'vega-interpreter';
import {compile} from 'vega-lite';

import {csv} from './csv.js';
import {theme} from './theme.js';

/** Charts give heights for a screen; letters on paper are smaller. */
function onPaper(height) {
    return typeof height === 'number'
        ? Math.round(0.55 * height)
        : {...height, step: Math.max(8, Math.round(0.5 * height.step))};
}

/** The complete specification, with its data. */
export function specOf(chart, look, width) {
    const spec = wholeSpec(chart, look, width);
    return look === 'paper' ? {...spec, height: onPaper(spec.height)} : spec;
}
const wholeSpec = (chart, look, width) => ({
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    description: chart.says,
    width,
    autosize: {type: 'fit-x', contains: 'padding'},
    data: {values: chart.rows},
    ...chart.spec(look),
    config: theme(look),
});

export const csvOf = (chart) =>
    csv(
        chart.columns.map(([title]) => title),
        chart.rows.map((row) => chart.columns.map(([, field]) => row[field])),
    );

const strict = {
    level() {
        return this;
    },
    warn() {
        return this;
    },
    info() {
        return this;
    },
    debug() {
        return this;
    },
    error(...messages) {
        throw new Error(messages.join(' '));
    },
};

/** A Vega view. Expressions are interpreted: a page forbids itself to make code of text. */
export function viewOf(spec, options) {
    const {spec: vega} = compile(spec, {logger: strict});
    return new View(parse(vega, {}, {ast: true}), {expr: expressionInterpreter, logLevel: Warn, ...options});
}
