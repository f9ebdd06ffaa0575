// main.js: writes every chart of a page into the folder that Node.js was started in.
// SPDX-License-Identifier: MIT
//
// The data stands in globalThis.sinterPage. Of each chart: NAME.svg, NAME.csv, NAME.vl.json, and, where rsvg-convert is
// installed, NAME.png and NAME.pdf. Prints the names of the files that were written.
import {spawnSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';

import {reproducedCharts} from '../charts/reproduced.js';
import {exploreCharts} from '../charts/explore.js';
import {resultCharts} from '../charts/results.js';
import {verifiedCharts} from '../charts/verified.js';
import {csvOf, specOf, viewOf} from '../charts/draw.js';
import {readable} from '../charts/readable.js';

const charts = {
    run: (page) => resultCharts(page, page.chosen),
    compare: (page) => resultCharts(page, page.chosen),
    verify: verifiedCharts,
    reproduce: reproducedCharts,
    explore: exploreCharts,
};

/** A column of a paper with two is 3.5 inches wide; SVG counts 96 pixels an inch, these charts 72. */
const COLUMN = 252;

const written = [];
function write(name, content) {
    writeFileSync(name, content);
    written.push(name);
}

const notes = new Set();

/** PDF and PNG by librsvg; a fixed date, so that the same charts are the same bytes. */
function convert(svg, name, format, ...options) {
    const {error, status, stderr} = spawnSync(
        'rsvg-convert',
        [`--format=${format}`, ...options, `--output=${name}.${format}`],
        {input: svg, env: {...process.env, SOURCE_DATE_EPOCH: '0'}},
    );
    if (error?.code === 'ENOENT') notes.add('there are no PNG and PDF files: rsvg-convert is not installed');
    else if (error || status !== 0) notes.add(`rsvg-convert failed: ${error?.message ?? stderr}`.replaceAll('\n', ' '));
    else written.push(`${name}.${format}`);
}

async function draw(chart) {
    const spec = specOf(chart, 'paper', COLUMN);
    const svg = (await viewOf(spec, {renderer: 'none'}).toSVG()).replace(
        /width="([\d.]+)" height="([\d.]+)"/,
        'width="$1pt" height="$2pt"',
    );
    write(`${chart.name}.svg`, svg);
    convert(svg, chart.name, 'pdf');
    convert(svg, chart.name, 'png', '--dpi-x=300', '--dpi-y=300');
    write(`${chart.name}.csv`, csvOf(chart));
    write(`${chart.name}.vl.json`, `${JSON.stringify(spec, null, 1)}\n`);
}

const page = readable(globalThis.sinterPage);
for (const chart of charts[page.kind](page)) await draw(chart);
console.log([...written, ...[...notes].map((note) => `!${note}`)].join('\n'));
