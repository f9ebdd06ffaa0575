// verified.js: the page of schedules that were executed, and of a study of numbers.
// SPDX-License-Identifier: MIT
import {capacity, count, integer, percent, traffic} from '../charts/numbers.js';
import {checksOf, runCharts, small, verifiedCharts} from '../charts/verified.js';
import {figure, replaceFigures} from './chart.js';
import {h, section} from './dom.js';
import {provenance} from './provenance.js';
import {table} from './table.js';

const number = (title, value, show) => ({title, value, show, isNumber: true});
const verdict = (isOk) => (isOk ? 'ok' : h('strong', {class: 'failed'}, 'FAILED'));
const verdictColumn = (of) => ({
    title: 'verdict',
    value: (row) => (of(row) ? 'ok' : 'FAILED'),
    show: (_, row) => verdict(of(row)),
});
const nameOf = (run) => `${run.strategy}${run.part ? `, ${run.part}` : ''}`;
const plural = (n, one, many = `${one}s`) => `${integer(n)} ${n === 1 ? one : many}`;
const numbersOf = ({inputs}) =>
    inputs.file == null ? `random numbers of seed ${inputs.seed}` : `the numbers of ${inputs.file}`;
/** Numbers that no bound holds: nobody shall think that they were checked. */
const unboundedOf = (run) =>
    [...(run.values ?? []).map((v) => v.operands), ...(run.cuts ?? []).map((cut) => cut.stored)].reduce(
        (n, check) => n + (check?.unbounded ?? 0),
        0,
    );

// ---- the answer ----------------------------------------------------------------------------------------------------------

function answer(verification) {
    const {runs} = verification,
        checks = runs.flatMap(checksOf),
        failed = checks.filter((check) => !check.ok);
    const schedules = `${plural(runs.length, 'schedule was', 'schedules were')} executed tile by tile on ${numbersOf(verification)}`;
    const unbounded = runs.reduce((n, run) => n + unboundedOf(run), 0);
    if (failed.length > 0)
        return [
            h(
                'p',
                {class: 'answer failed', role: 'status'},
                `${integer(failed.length)} of ${plural(checks.length, 'check')} FAILED.`,
            ),
            h('p', {}, `${schedules}. The failures come first below.`),
        ];
    return [
        h('p', {class: 'answer', role: 'status'}, `All ${integer(checks.length)} checks hold.`),
        h(
            'p',
            {},
            `${schedules}, in memories of the modelled size: every tensor is what the unfused reference computes, and every byte, every peak and every computation is what the model charged.`,
            unbounded > 0 &&
                ` ${plural(unbounded, 'number has', 'numbers have')} no bound and ${unbounded === 1 ? 'was' : 'were'} not checked.`,
        ),
    ];
}

function runsTable(runs, chosen, choose) {
    const executed = (value) => (run) => (run.status === 'executed' ? value(run) : null);
    return table(
        [
            {title: 'schedule', value: (run) => run.strategy},
            {title: 'part', value: (run) => run.part},
            verdictColumn((run) => run.ok),
            number('checks', (run) => checksOf(run).length, integer),
            number('failed', (run) => checksOf(run).filter((check) => !check.ok).length, integer),
            number(
                'tensors',
                executed((run) => run.values.length),
                integer,
            ),
            number(
                'to the last bit',
                executed((run) => run.values.filter((v) => !v.split).length),
                integer,
            ),
            number(
                'within bounds',
                executed((run) => run.values.filter((v) => v.split).length),
                integer,
            ),
            number(
                'DRAM read (bytes)',
                executed((run) => run.dram_read.executed),
                traffic,
            ),
            number(
                'DRAM written (bytes)',
                executed((run) => run.dram_write.executed),
                traffic,
            ),
            number(
                'commands',
                executed((run) => run.commands.all),
                integer,
            ),
        ],
        runs,
        {
            caption: 'Schedules that were executed; choose one to see its checks',
            selected: (run) => run === runs[chosen],
            choose: (run) => choose(runs.indexOf(run)),
        },
    );
}

// ---- one run -------------------------------------------------------------------------------------------------------------

function facts(run) {
    const rows = [
        [
            'Commands',
            `${integer(run.commands.all)}: ${integer(run.commands.load)} loads, ${integer(run.commands.compute)} computations, ${integer(run.commands.store)} stores, ${integer(run.commands.free)} frees`,
        ],
        ['Arithmetic', `${run.arithmetic === 32 ? 'float' : 'double'}, each tensor rounded to its format`],
        [
            'Sums',
            run.splits_sums
                ? 'some are split: they round in another order than the reference'
                : 'none is split: all is equal to the last bit',
        ],
        ['DRAM', `${traffic(run.dram_read.executed)} read, ${traffic(run.dram_write.executed)} written, counted`],
        ...run.memories.map((m) => [
            `Memory ${m.name}`,
            `${capacity(m.peak.executed)} at the peak, counted${m.capacity_bytes == null ? '' : `, of ${capacity(m.capacity_bytes)}`}`,
        ]),
    ];
    return h(
        'dl',
        {class: 'facts'},
        rows.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
    );
}

function checksTable(run) {
    const checks = checksOf(run).sort((a, b) => a.ok - b.ok);
    const shown = (value, check) => (value == null ? '\u2013' : `${integer(value)}${check.isBytes ? ' B' : ''}`);
    return table(
        [
            {title: 'check', value: (c) => c.check, show: (text) => h('span', {class: 'words'}, text)},
            {title: 'of', value: (c) => c.item},
            verdictColumn((c) => c.ok),
            number('counted', (c) => c.counted, shown),
            number(
                'charged',
                (c) => c.charged,
                (value, c) => (c.isLimit && value != null ? `at most ${shown(value, c)}` : shown(value, c)),
            ),
            number(
                'difference',
                (c) => (c.counted == null || c.charged == null || c.isLimit ? null : c.counted - c.charged),
                (value, c) => shown(value, c),
            ),
        ],
        checks,
        {caption: `Every check of ${nameOf(run)}, failures first`},
    );
}

function valuesTable(run) {
    const values = run.values.slice().sort((a, b) => a.ok - b.ok);
    return table(
        [
            {title: 'tensor', value: (v) => v.name},
            {title: 'role', value: (v) => v.role},
            {title: 'format', value: (v) => v.format},
            number('numbers', (v) => v.elements, integer),
            verdictColumn((v) => v.ok),
            {title: 'must be', value: (v) => (v.split ? 'within its bound' : 'the reference')},
            number('differ from the reference', (v) => v.reference.different, integer),
            number('share of the bound', (v) => v.operands?.of_bound, percent),
            number('unrounded: differ', (v) => v.unrounded.different, integer),
            number('largest, relative', (v) => v.unrounded.max_relative, small),
            number('rms, relative', (v) => v.unrounded.rms_relative, small),
            number('largest, ulps', (v) => v.unrounded.max_ulp, small),
        ],
        values,
        {
            caption: `Every tensor of ${nameOf(run)}: against the reference in the same numbers, against bounds where sums are split, and against no rounding at all`,
        },
    );
}

function cutsTable(run) {
    if (run.cuts.length === 0) return null;
    return [
        h('h3', {}, 'Against stored values'),
        table(
            [
                {title: 'stored', value: (c) => c.name},
                verdictColumn((c) => c.ok),
                number('numbers', (c) => c.elements, integer),
                number('largest, relative', (c) => c.stored.max_relative, small),
                number('bound, relative', (c) => c.stored.bound_relative, small),
                number('share of the bound', (c) => c.stored.of_bound, percent),
                number('without a bound', (c) => c.stored.unbounded, integer),
            ],
            run.cuts,
            {caption: 'What the case says, and how near it was'},
        ),
    ];
}

function details(run) {
    if (run.status !== 'executed')
        return section(
            'checks',
            `Not executed: ${nameOf(run)}`,
            h('p', {class: 'failed'}, `FAILED: ${run.reason ?? 'no reason is known'}.`),
        );
    const failed = checksOf(run).filter((check) => !check.ok);
    const charts = runCharts(run, '');
    const of = (name) => charts.filter((chart) => chart.name === name).map(figure);
    return [
        section(
            'checks',
            `Charged and counted: ${nameOf(run)}`,
            failed.length > 0 &&
                h(
                    'div',
                    {},
                    h('h3', {class: 'failed'}, `FAILED: ${plural(failed.length, 'check')}`),
                    h(
                        'ul',
                        {},
                        failed.map((c) =>
                            h(
                                'li',
                                {},
                                `${c.check} ${c.item}${c.counted == null ? '' : `: ${integer(c.counted)} counted, ${integer(c.charged)} charged`}`,
                            ),
                        ),
                    ),
                ),
            facts(run),
            of('bytes'),
            checksTable(run),
        ),
        section('values', 'Values', of('bounds'), of('errors'), valuesTable(run), cutsTable(run)),
    ];
}

// ---- studies -------------------------------------------------------------------------------------------------------------

function studyPage(page) {
    const {study} = page.verification;
    const rows = study.flatMap((choice) => choice.values.map((value) => ({...value, choice: choice.choice})));
    const outcomes = rows.filter((row) => row.role === 'output' || row.name.endsWith('.final'));
    const worst =
        outcomes.length > 0
            ? outcomes.reduce((a, b) => ((b.unrounded.rms_relative ?? 0) > (a.unrounded.rms_relative ?? 0) ? b : a))
            : null;
    return [
        worst &&
            h(
                'p',
                {class: 'answer'},
                `What leaves the block is off by ${small(worst.unrounded.rms_relative)} at most: ${worst.name} under ${worst.choice}.`,
            ),
        h(
            'p',
            {},
            `Root mean square, relative to the tensor, measured on ${numbersOf(page.verification)} against the same computation in double without any rounding. Nothing is executed: no schedule changes these numbers.`,
        ),
        section('errors', 'Errors', verifiedCharts(page).map(figure)),
        section(
            'tensors',
            'Every tensor',
            table(
                [
                    {title: 'choice', value: (r) => r.choice},
                    {title: 'tensor', value: (r) => r.name},
                    {title: 'role', value: (r) => r.role},
                    number('numbers', (r) => r.elements, integer),
                    number('differ', (r) => r.unrounded.different, integer),
                    number('not finite', (r) => r.elements - r.unrounded.finite, integer),
                    number('largest, relative', (r) => r.unrounded.max_relative, small),
                    number('rms, relative', (r) => r.unrounded.rms_relative, small),
                    number('largest, ulps', (r) => r.unrounded.max_ulp, small),
                ],
                rows,
                {caption: 'Errors of each tensor under each choice'},
            ),
        ),
        section(
            'choices',
            'What was chosen',
            table(
                [
                    {title: 'choice', value: (c) => c.choice},
                    {title: 'arithmetic', value: (c) => (c.arithmetic === 32 ? 'float' : 'double')},
                    {
                        title: 'formats',
                        value: (c) =>
                            Object.entries(c.formats)
                                .map(([tensor, format]) => `${tensor} ${format}`)
                                .join(', ') || 'double everywhere',
                    },
                    {
                        title: 'functions',
                        value: (c) =>
                            Object.entries(c.functions)
                                .map(([name, how]) => `${name} ${how}`)
                                .join(', ') || 'exact',
                    },
                ],
                study,
                {caption: 'Formats and functions of each choice'},
            ),
        ),
        provenance({...page, model: page.verification.model}),
    ];
}

export function verifiedPage(page) {
    const {verification} = page,
        {runs} = verification;
    if (verification.study) return studyPage(page);
    const list = h('div'),
        place = h('div', {class: 'details'});
    const select = h(
        'select',
        {id: 'run', onchange: () => choose(Number(select.value))},
        runs.map((run, i) => h('option', {value: i}, `${nameOf(run)}${run.ok ? '' : ' (FAILED)'}`)),
    );
    function choose(i) {
        select.value = i;
        list.replaceChildren(runsTable(runs, i, choose));
        replaceFigures(place, details(runs[i]));
    }
    choose(
        Math.max(
            0,
            runs.findIndex((run) => !run.ok),
        ),
    );
    return [
        h('div', {class: 'lead'}, answer(verification)),
        section('runs', 'What was executed', list),
        runs.length > 1 && h('p', {class: 'picker'}, h('label', {for: 'run'}, 'Schedule '), select),
        place,
        provenance({...page, model: verification.model}),
    ];
}
