// main.js: writes every chart of a page into the folder that Node.js was started in.
// SPDX-License-Identifier: MIT
//
// The data stands in globalThis.sinterPage. Of each chart: NAME.svg, NAME.csv, NAME.vl.json, and, where rsvg-convert is
// installed, NAME.png and NAME.pdf. Prints the names of the files that were written.
import {spawnSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';

import {exploreCharts} from '../charts/explore.js';
import {resultCharts} from '../charts/results.js';
import {csvOf, specOf, viewOf} from '../charts/draw.js';

const charts = {run: (page) => resultCharts(page, page.chosen), compare: (page) => resultCharts(page, page.chosen), explore: exploreCharts};

/** A column of a paper with two is 3.5 inches wide; SVG counts 96 pixels an inch, these charts 72. */
const COLUMN = 252;

const written = [];
function write(name, content) {
    writeFileSync(name, content);
    written.push(name);
}

async function draw(chart) {
    const spec = specOf(chart, 'paper', COLUMN);
    const svg = await viewOf(spec, {renderer: 'none'}).toSVG();
    write(`${chart.name}.svg`, svg.replace(/width="(\d+)" height="(\d+)"/, 'width="$1pt" height="$2pt"'));
    write(`${chart.name}.csv`, csvOf(chart));
    write(`${chart.name}.vl.json`, `${JSON.stringify(spec, null, 1)}\n`);
    return svg;
}

for (const chart of charts[globalThis.sinterPage.kind](globalThis.sinterPage)) await draw(chart);
console.log(written.join('\n'));
