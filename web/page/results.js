// results.js: the page of one run, or of several side by side.
// SPDX-License-Identifier: MIT
import {resultCharts} from '../charts/results.js';
import {dramBytes, isPriced} from '../charts/runs.js';
import {
    area,
    capacity,
    count,
    cycles,
    factor,
    integer,
    joules,
    percent,
    plain,
    seconds,
    traffic,
} from '../charts/numbers.js';
import {figure, replaceFigures} from './chart.js';
import {h, replace, section} from './dom.js';
import {nest} from './nest.js';
import {provenance} from './provenance.js';
import {table} from './table.js';
import {glossary, trust} from './trust.js';

const boundBy = {compute: 'compute', dram: 'DRAM bandwidth', buffer: 'the bandwidth of memory on chip'};

/** The answer in one sentence, and what stands behind it. */
function answer(page, run) {
    if (!isPriced(run)) return [h('p', {class: 'answer'}, `${run.strategy} cannot run: ${run.reason}.`)];
    const baseline = page.runs[page.baseline];
    const isBaseline = !baseline || baseline === run;
    const proof =
        run.search && `In the space that was searched no schedule is better by more than ${percent(run.search.gap)}.`;
    return [
        h(
            'p',
            {class: 'answer'},
            `Under ${run.strategy} it takes ${seconds(run.latency_seconds)}`,
            !isBaseline &&
                ` instead of ${seconds(baseline.latency_seconds)} under ${baseline.strategy}: ${factor(baseline.latency_seconds / run.latency_seconds)} as fast`,
            `, bound by ${boundBy[run.bound] ?? run.bound}.`,
        ),
        h(
            'p',
            {},
            `It moves ${traffic(dramBytes(run))} through DRAM`,
            !isBaseline && ` instead of ${traffic(dramBytes(baseline))}`,
            `, needs ${Object.entries(run.peak_bytes)
                .map(([m, bytes]) => `${capacity(bytes)} of ${m}`)
                .join(' and ')}, `,
            `and keeps the PEs useful ${percent(run.utilization)} of the time. `,
            proof,
        ),
    ];
}

function facts(page, run) {
    if (!isPriced(run)) return null;
    const {accelerator} = page;
    const rows = [
        [
            'Latency',
            `${seconds(run.latency_seconds)}, ${cycles(run.latency_cycles)}${run.simulated ? ', simulated' : ', a lower bound: the simulation found no end'}`,
        ],
        [
            'Lower bound',
            `${cycles(run.bound_cycles)} (closed form), ${percent(run.latency_cycles / run.bound_cycles - 1)} below`,
        ],
        ['Energy', joules(run.energy?.total ?? run.energy_joules)],
        ['DRAM', `${traffic(run.dram_bytes.read)} read, ${traffic(run.dram_bytes.write)} written`],
        ['Area', accelerator.area_mm2 ? `${area(accelerator.area_mm2)} (${accelerator.area_model})` : 'not stated'],
        ...(page.model.parts.length > 1 && run.model_total?.latency_seconds != null
            ? [['Whole model', `${seconds(run.model_total.latency_seconds)}, ${joules(run.model_total.energy?.total)}`]]
            : []),
    ];
    return h(
        'dl',
        {class: 'facts'},
        rows.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
    );
}

function runsTable(page, chosen, choose) {
    const memories = page.accelerator.memories.filter((m) => m.kind !== 'dram').map((m) => m.name);
    const baseline = page.runs[page.baseline];
    const number = (title, value, show) => ({title, value, show, isNumber: true});
    return table(
        [
            {title: 'strategy', value: (run) => run.strategy},
            number('latency (s)', (run) => run.latency_seconds, seconds),
            number(
                'speed-up',
                (run) => (isPriced(run) && baseline ? baseline.latency_seconds / run.latency_seconds : null),
                factor,
            ),
            number('DRAM (bytes)', (run) => (run.dram_bytes ? dramBytes(run) : null), traffic),
            ...memories.map((m) => number(`peak of ${m} (bytes)`, (run) => run.peak_bytes?.[m], capacity)),
            number('energy (J)', (run) => run.energy?.total, joules),
            number('utilisation', (run) => run.utilization, percent),
            {title: 'bound by', value: (run) => run.bound ?? run.reason},
        ],
        page.runs,
        {
            caption: 'Strategies side by side; choose one to see it below',
            selected: (run) => run === page.runs[chosen],
            choose: (run) => choose(page.runs.indexOf(run)),
        },
    );
}

function einsumTable(run) {
    const number = (title, value, show) => ({title, value, show, isNumber: true});
    return table(
        [
            {title: 'Einsum', value: (e) => e.name},
            {title: 'operator', value: (e) => e.operator},
            number('group', (e) => e.group),
            {title: 'unit', value: (e) => e.unit},
            number('cycles', (e) => e.cycles, count),
            number('compute cycles', (e) => e.compute_cycles, count),
            number('DRAM cycles', (e) => e.dram_cycles, count),
            number('DRAM read (bytes)', (e) => e.dram_read_bytes, traffic),
            number('DRAM written (bytes)', (e) => e.dram_write_bytes, traffic),
            {title: 'PEs along', value: (e) => e.mapping?.map((rank) => rank ?? '\u2013').join(' x ')},
            number(
                'waits (cycles)',
                (e) => (e.wait_cycles ? Object.values(e.wait_cycles).reduce((a, b) => a + b, 0) : null),
                count,
            ),
            {title: 'bound by', value: (e) => e.bound},
        ],
        run.einsums,
        {caption: `Einsums under ${run.strategy}: each alone, in closed form; waits are simulated`},
    );
}

function searchTable(run) {
    const {search} = run;
    if (!search) return null;
    const rows = Object.entries(search).map(([name, value]) => ({name: name.replaceAll('_', ' '), value}));
    return section(
        'search',
        'The search',
        h(
            'p',
            {},
            `It looked for the least ${search.objective}, and ended because ${search.end === 'gap' ? 'nothing can be better by more than the gap asked for' : search.end === 'exhausted' ? 'nothing was left to try' : 'its limit was reached'}.`,
        ),
        table(
            [
                {title: 'what', value: (r) => r.name},
                {
                    title: 'value',
                    isNumber: true,
                    value: (r) => r.value,
                    show: (value) =>
                        typeof value === 'number'
                            ? Number.isInteger(value)
                                ? integer(value)
                                : plain(value)
                            : String(value),
                },
            ],
            rows,
            {caption: 'Statistics of the search'},
        ),
    );
}

function details(page, i) {
    const run = page.runs[i],
        charts = resultCharts(page, i).filter((chart) => !isOfAll(chart));
    const of = (...names) => charts.filter((chart) => names.some((name) => chart.name.startsWith(name))).map(figure);
    const block = page.model.parts.length > 1 && page.model.parts.reduce((a, b) => (b.count > a.count ? b : a));
    return [
        run.layers === 'all' &&
            block &&
            h(
                'p',
                {class: 'note'},
                `The numbers above are of the whole model. What follows is one ${block.name}, which it runs ${block.count} times.`,
            ),
        isPriced(run) && section('why', 'Why', of('roofline', 'tensors', 'energy', 'area')),
        section('schedule', `The schedule: ${run.strategy}`, nest(run)),
        isPriced(run) && section('time', 'Over time', of('campaign', 'gantt')),
        isPriced(run) &&
            charts.some((c) => /^(occupancy|lifetimes)/.test(c.name)) &&
            section('memory', 'Memory', of('occupancy', 'lifetimes')),
        isPriced(run) && section('einsums', 'Every Einsum', einsumTable(run)),
        searchTable(run),
        isPriced(run) && trust(page, run),
    ];
}
const isOfAll = (chart) => ['latency', 'dram-by-strategy', 'peak'].includes(chart.name);

export function resultsPage(page) {
    const lead = h('div', {class: 'lead', 'aria-live': 'polite'}),
        place = h('div', {class: 'details'}),
        sideBySide = h('div');
    const isComparison = page.runs.length > 2 || page.kind === 'compare';
    const select = h(
        'select',
        {id: 'strategy', onchange: () => choose(Number(select.value))},
        page.runs.map((run, i) => h('option', {value: i}, run.strategy + (isPriced(run) ? '' : ' (does not fit)'))),
    );
    function choose(i) {
        select.value = i;
        replace(lead, answer(page, page.runs[i]), facts(page, page.runs[i]));
        replaceFigures(place, details(page, i));
        if (isComparison) sideBySide.replaceChildren(runsTable(page, i, choose));
    }
    choose(page.chosen);
    return [
        lead,
        page.runs.length > 1 && h('p', {class: 'picker'}, h('label', {for: 'strategy'}, 'Look at strategy '), select),
        isComparison &&
            section('runs', 'Side by side', sideBySide, resultCharts(page, page.chosen).filter(isOfAll).map(figure)),
        place,
        glossary(),
        provenance(page),
    ];
}
