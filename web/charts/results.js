// results.js: the charts of runs: how they compare, and what one of them does beside the baseline.
// SPDX-License-Identifier: MIT
import {comparisonCharts} from './comparison.js';
import {lifetimes, occupancy} from './memory.js';
import {roofline} from './roofline.js';
import {isPriced} from './runs.js';
import {area, areaRows, energy, tensors} from './shares.js';
import {campaign, campaignRows, gantt} from './time.js';

/** All charts of a page, in its order. `page` is its data, `i` the run that is looked at. */
export function resultCharts(page, i) {
    const run = page.runs[i],
        baseline = page.runs[page.baseline];
    const before = page.baseline >= 0 && page.baseline !== i && baseline ? baseline : null;
    const charts = [];
    if (page.runs.filter(isPriced).length > 2) charts.push(...comparisonCharts(page));
    if (!isPriced(run)) return charts;
    charts.push(roofline(page, run, before), tensors(run, before), energy(run, before));
    if (areaRows(page).length > 0) charts.push(area(page));
    const longest = Math.max(...[before, run].filter(Boolean).map((r) => campaignRows(page, r).at(-1)?.to ?? 0));
    if (before) charts.push(campaign(page, before, 'campaign-before', longest));
    charts.push(campaign(page, run, 'campaign', longest));
    charts.push(...(run.windows ?? []).map((window, w) => gantt(page, run, window, w)));
    charts.push(...(run.simulation?.occupancy ?? []).map((samples) => occupancy(page, run, samples)));
    if (run.simulation?.lifetimes?.length) charts.push(lifetimes(run));
    return charts;
}
