// explore.js: the page of an exploration.
// SPDX-License-Identifier: MIT
import {heatmap, parallel, scatter, scatterDefaults, trade, varying} from '../charts/explore.js';
import {factor, integer, percent, seconds} from '../charts/numbers.js';
import {passing, spaceOf} from '../charts/space.js';
import {figure, replaceFigures} from './chart.js';
import {h, section} from './dom.js';
import {filters} from './filters.js';
import {baseMachine, machineOf, pointDetails, steps, workloadTable} from './point.js';
import {pointsTable} from './points.js';
import {provenance} from './provenance.js';

// ---- the answer --------------------------------------------------------------------------------------------------------

const listed = (items) => [items.slice(0, -1).join('; '), ...items.slice(-1)].filter(Boolean).join(' and ');
const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** What was tried, and how sure the numbers are. */
function scope(space) {
    const {summary, experiment} = space.page,
        isSearched = experiment.strategy === 'optimal';
    const nOk = summary.cases - summary.cases_not_built - summary.cases_infeasible;
    return h(
        'p',
        {},
        `${integer(summary.points)} accelerators like ${experiment.accelerator} were tried, each with ${isSearched ? 'its own best schedule' : `schedule ${experiment.strategy}`} of ${listed(space.fullNames)}; ${integer(summary.points_that_fit)} fit. `,
        space.front.length > 0 &&
            `${integer(space.front.length)} of them form the front: nothing beats these in latency, energy, area and memory together. `,
        isSearched &&
            nOk > 0 &&
            summary.is_complete &&
            `${integer(summary.cases_proven)} of ${integer(nOk)} schedules are proven to be within ${percent(experiment.gap)} of the best there is; the widest gap is ${percent(summary.worst_gap)}. `,
        !summary.is_complete &&
            h('strong', {}, 'The sweep is not complete: what follows holds for the points that are known.'),
    );
}

function limitsOf(space, i) {
    const by = (letter) => space.names.filter((_, w) => space.points.workloads[w].limits[i] === letter);
    const parts = [
        ['c', 'compute'],
        ['d', 'DRAM bandwidth'],
    ]
        .map(([letter, word]) => [by(letter), word])
        .filter(([names]) => names.length > 0);
    const limited = (names, word) =>
        `${word} limits ${space.names.length === 1 ? 'it' : names.length === space.names.length ? 'every workload' : listed(names)}`;
    return sentence(parts.map(([names, word]) => limited(names, word)).join('; '));
}

const tenths = (fraction) => `${(100 * fraction).toFixed(1)} %`;
/** Points of the front that give up a little time for much less of something else. */
function alternatives(space) {
    const near = 1.02,
        worth = 0.97,
        latency = space.measure('latency').values;
    const within = space.front.filter((i) => latency[i] <= near * latency[space.best]);
    const said = ['energy', 'memory', 'area']
        .map((key) => space.measure(key))
        .filter(Boolean)
        .map((m) => {
            const least = within.reduce((i, j) => (m.values[j] < m.values[i] ? j : i), space.best);
            return (
                m.values[least] < worth * m.values[space.best] &&
                `${space.describe(least)} takes ${tenths(1 - m.values[least] / m.values[space.best])} less ${m.key} for ${tenths(latency[least] / latency[space.best] - 1)} more time (point ${least})`
            );
        })
        .filter(Boolean);
    return said.length > 0 && h('p', {}, `Close to it: ${said.join('; ')}.`);
}

function answer(space) {
    const i = space.best;
    if (i < 0) return [h('p', {class: 'answer'}, 'No accelerator fits all workloads.'), scope(space)];
    const latency = space.measure('latency').values[i],
        {base} = space;
    const said = steps(space, i).map((step) => `${step.text}: ${step.says}`);
    return [
        h(
            'p',
            {class: 'answer'},
            `Build ${space.axes.length > 0 ? `${space.describe(i)}: ` : ''}${machineOf(space, i)}. A block takes ${seconds(latency)}${space.names.length > 1 ? ' in the geometric mean' : ''}`,
            base &&
                `, ${factor(base.latency_seconds / latency)} as fast as ${space.page.experiment.accelerator} as it is (${baseMachine(space)})`,
            said.length > 0 ? `. No single step on an axis makes it faster: ${said.join('; ')}.` : '.',
        ),
        alternatives(space),
        h('p', {}, `${limitsOf(space, i)}.`),
        workloadTable(space, i),
        scope(space),
    ];
}

// ---- controls ----------------------------------------------------------------------------------------------------------

/** A labelled select; items are [value, text]. */
function select(label, items, value, change) {
    const element = h(
        'select',
        {'aria-label': label, onchange: () => change(element.value)},
        items.map(([v, text]) => h('option', {value: v}, text)),
    );
    element.value = value;
    return h('label', {}, `${label} `, element);
}
const check = (label, isChecked, change) => {
    const element = h('input', {type: 'checkbox', onchange: () => change(element.checked)});
    element.checked = isChecked;
    return h('label', {}, element, ` ${label}`);
};
const named = (measures) => measures.map((m) => [m.key, m.title]);

/** A place for a chart that is drawn again and again: it keeps its height meanwhile. */
function stage(make) {
    const element = h('div');
    element.draw = () => {
        element.style.minHeight = `${element.offsetHeight}px`;
        replaceFigures(element, make());
    };
    return element;
}
const empty = () => h('p', {}, 'No point passes the filters.');

function scatterStage(space, state, choose) {
    const options = scatterDefaults(space),
        usable = space.measures;
    const place = stage(() =>
        state.indices.length
            ? figure(scatter(space, state.indices, options, {chosen: state.chosen, picks: choose}))
            : empty(),
    );
    const logs = ['x', 'y'].map((way) =>
        check(`${way} logarithmic`, options[`${way}Log`], (isLog) => {
            options[`${way}Log`] = isLog && options[way].least > 0;
            place.draw();
        }),
    );
    const pick = (way) => (key) => {
        options[way] = space.measure(key) ?? null;
        if (way !== 'colour') {
            options[`${way}Log`] = options[way].isLog;
            logs[way === 'x' ? 0 : 1].firstChild.checked = options[way].isLog;
        }
        place.draw();
    };
    return [
        place,
        h(
            'div',
            {class: 'controls', role: 'group', 'aria-label': 'What the chart shows'},
            select('x', named(usable), options.x.key, pick('x')),
            select('y', named(usable), options.y.key, pick('y')),
            select(
                'colour',
                [['', 'front or not'], ...named(usable.filter((m) => !m.texts && !m.isConstant))],
                '',
                pick('colour'),
            ),
            logs,
        ),
        place,
    ];
}

function mapStage(space, state, choose) {
    const axes = varying(space);
    if (axes.length < 2) return [null];
    const shown = {a: axes[0], b: axes[1], m: space.measure('latency')};
    const place = stage(() =>
        state.indices.length ? figure(heatmap(space, state.indices, shown.a, shown.b, shown.m, {picks: choose})) : empty(),
    );
    const names = axes.map((a) => [a, space.axes[a].field]);
    const pick = (way, other) => (value) => {
        const before = shown[way];
        shown[way] = Number(value);
        if (shown[other] === shown[way]) shown[other] = before; // they change places
        selects.forEach((label, s) => {
            label.lastChild.value = shown[s ? 'b' : 'a'];
        });
        place.draw();
    };
    const selects = [select('across', names, shown.a, pick('a', 'b')), select('up', names, shown.b, pick('b', 'a'))];
    return [
        place,
        h(
            'div',
            {class: 'controls', role: 'group', 'aria-label': 'What the chart shows'},
            selects,
            select('least', named(space.measures.filter((m) => m.axis == null && !m.isConstant)), 'latency', (key) => {
                shown.m = space.measure(key);
                place.draw();
            }),
        ),
        place,
    ];
}

function tradeStage(space, state, choose) {
    const axes = varying(space);
    if (axes.length === 0) return [null];
    const shown = {a: axes[0]};
    const place = stage(() =>
        state.indices.length ? figure(trade(space, state.indices, shown.a, {picks: choose})) : empty(),
    );
    return [
        place,
        axes.length > 1 &&
            h(
                'div',
                {class: 'controls', role: 'group', 'aria-label': 'What the chart shows'},
                select(
                    'axis',
                    axes.map((a) => [a, space.axes[a].field]),
                    shown.a,
                    (a) => {
                        shown.a = Number(a);
                        place.draw();
                    },
                ),
            ),
        place,
    ];
}

// ---- the page ----------------------------------------------------------------------------------------------------------

export function explorePage(page) {
    const space = spaceOf(page),
        state = {indices: passing(space), chosen: space.best};
    if (space.best < 0) return [h('div', {class: 'lead'}, answer(space)), provenance(page)];
    const details = h('div'),
        found = h('p', {role: 'status', class: 'found'}),
        heard = h('p', {role: 'status', class: 'found'});
    const front = Uint32Array.from(space.front);
    const [scatterPlace, ...scatterParts] = scatterStage(space, state, choose),
        [mapPlace, ...mapParts] = mapStage(space, state, choose),
        [tradePlace, ...tradeParts] = tradeStage(space, state, choose);
    const parallelPlace = stage(() =>
        state.indices.length > 1 ? figure(parallel(space, state.indices, {chosen: state.chosen, picks: choose})) : empty(),
    );
    const all = pointsTable(space, {caption: 'Points that pass the filters; choose one to see it', choose}),
        best = pointsTable(space, {caption: 'The front; choose a point to see it', choose});
    const steer = h(
        'p',
        {class: 'actions'},
        [
            ['The recommended one', () => space.best],
            ['Faster on the front', () => along(-1)],
            ['Slower on the front', () => along(1)],
        ].map(([title, to]) => h('button', {type: 'button', onclick: () => choose(to(), true)}, title)),
    );
    /** The next point of the front, which is sorted by latency; from elsewhere the nearest one. */
    function along(step) {
        const {values} = space.measure('latency'),
            before = front.indexOf(state.chosen);
        if (before >= 0) return front[Math.min(front.length - 1, Math.max(0, before + step))];
        const next = front.findIndex((i) => values[i] > values[state.chosen]);
        return front[next < 0 ? front.length - 1 : Math.max(0, next + (step < 0 ? -1 : 0))];
    }
    function choose(i, isHere = false) {
        if (i == null || !(i >= 0)) return;
        state.chosen = i;
        details.replaceChildren(
            ...pointDetails(space, i, (j) => choose(j, true))
                .flat(Infinity)
                .filter((child) => child != null && child !== false),
        );
        heard.replaceChildren(`Point ${i} is chosen: ${space.describe(i)}. `, h('a', {href: '#point'}, 'See it'));
        if (!isHere) heard.classList.add('fresh');
        redraw([scatterPlace, parallelPlace]);
        all.show(state.indices, i);
        best.show(front, i);
    }
    function redraw(places = [scatterPlace, mapPlace, tradePlace, parallelPlace]) {
        places.forEach((place) => place?.draw());
    }
    function change(filter) {
        performance.mark('filter-begin');
        state.indices = passing(space, filter);
        const n = state.indices.length;
        found.textContent = `${integer(n)} of ${integer(space.page.summary.points_that_fit)} points that fit pass the filters.`;
        all.show(state.indices, state.chosen);
        performance.measure('filter', 'filter-begin');
        requestAnimationFrame(() => redraw());
    }
    change({});
    choose(space.best, true);
    return [
        h('div', {class: 'lead'}, answer(space)),
        tradePlace && section('why', 'Why: what an axis is worth', tradeParts),
        section(
            'points',
            'All points',
            h('p', {}, 'A click on a point in a chart, or its number in a table, shows that accelerator.'),
            filters(space, change),
            found,
            scatterParts,
            mapParts,
            parallelPlace,
            all,
            heard,
        ),
        section(
            'front',
            'The front',
            h(
                'p',
                {},
                'Of these none is better than another in latency, energy, area and memory together; the fastest comes first.',
            ),
            best,
        ),
        section('point', 'One accelerator', steer, details),
        provenance(
            page,
            h(
                'p',
                {class: 'legend'},
                'Numbers of points are rounded to seven significant digits here; the command’s JSON has all of them.',
            ),
        ),
    ];
}
