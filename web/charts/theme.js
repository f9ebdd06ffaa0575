// theme.js: how charts look: on a light page, on a dark one, on paper.
// SPDX-License-Identifier: MIT

/** Told apart by people who see few colours, too (after Okabe and Ito). */
export const hues = {
    compute: '#0072b2',
    dram: '#d55e00',
    buffer: '#009e73',
    before: '#999999',
    after: '#0072b2',
    front: '#d55e00',
    point: '#7fb2d6',
    static: '#8c6bb1',
    carry: '#cc79a7',
};
const dark = {
    ...hues,
    compute: '#56b4e9',
    dram: '#ff8c42',
    buffer: '#2bc79a',
    before: '#9aa0a6',
    after: '#56b4e9',
    front: '#ff8c42',
    point: '#3f6f92',
    static: '#b39ddb',
    carry: '#e79fc6',
};

export const huesOf = (mode) => (mode === 'dark' ? dark : hues);

/** A configuration of Vega-Lite: mode is light, dark or paper. */
export function theme(mode) {
    const ink = mode === 'dark' ? '#e6e6e6' : mode === 'paper' ? '#000000' : '#222222';
    const faint = mode === 'dark' ? '#3a3f44' : '#dddddd';
    const font = mode === 'paper' ? 'Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif' : 'system-ui, sans-serif';
    const size = mode === 'paper' ? 7 : 12;
    return {
        background: mode === 'paper' ? 'white' : 'transparent',
        font,
        aria: false, // the page describes each chart as a whole, and lists its data
        view: {stroke: faint},
        axis: {
            labelColor: ink,
            titleColor: ink,
            gridColor: faint,
            domainColor: ink,
            tickColor: ink,
            labelFontSize: size,
            titleFontSize: size,
            titleFontWeight: 'normal',
            labelLimit: mode === 'paper' ? 110 : 260,
            labelOverlap: true,
        },
        axisQuantitative: {tickCount: 6},
        legend: {
            labelColor: ink,
            titleColor: ink,
            labelFontSize: size,
            titleFontSize: size,
            titleFontWeight: 'normal',
            orient: 'top',
            symbolStrokeWidth: 1,
            layout: {top: {direction: 'vertical', anchor: 'start', margin: 4}},
            columns: mode === 'paper' ? 2 : 3,
            symbolSize: mode === 'paper' ? 30 : 100,
            labelLimit: 0,
        },
        header: {labelColor: ink, titleColor: ink, labelFontSize: size, titleFontSize: size},
        title: {color: ink, fontSize: size + 1},
        text: {fontSize: size - 1, fill: ink},
        rule: {stroke: ink},
        mark: {tooltip: false},
    };
}

/** An axis whose labels carry their unit: 2ms, 1.5GB, 0. */
export const unitAxis = (unit, more = {}) => ({
    labelExpr: `datum.value === 0 ? '0' : format(datum.value, '~s') + '${unit}'`,
    ...more,
});

/** Colours for named kinds: {domain, range} of a scale. */
export function scaleOf(kinds, mode) {
    const colours = huesOf(mode);
    return {domain: kinds.map(([name]) => name), range: kinds.map(([, hue]) => colours[hue])};
}
