// point.js: one point of an exploration: what accelerator it is, how it does, what one step would change, its schedules.
// SPDX-License-Identifier: MIT
import {area, capacity, count, factor, integer, joules, percent, seconds, traffic} from '../charts/numbers.js';
import {acceleratorFile, acceleratorOf, neighbour, runWords, scheduleOf, textOf} from '../charts/space.js';
import {copy, download, h} from './dom.js';
import {quoted} from './provenance.js';
import {table} from './table.js';

const at = (space, key, i) => space.measure(key)?.values[i];
const signed = (fraction) => `${fraction >= 0 ? '+' : '\u2212'}${Math.abs(100 * fraction).toFixed(2)} %`;
const limits = {c: 'compute', d: 'DRAM', '-': null};

/** [{text, change}]: what one step on each axis would do. */
export function steps(space, i) {
    const latency = space.measure('latency')?.values ?? [];
    return space.axes.flatMap((axis, a) =>
        [-1, 1]
            .map((step) => neighbour(space, i, a, step))
            .filter((j) => j >= 0)
            .map((j) => {
                const status = space.statusOf(j);
                const change = status === 'ok' ? latency[j] / latency[i] - 1 : NaN;
                return {
                    index: j,
                    axis: a,
                    text: `${axis.field} ${space.valueText(j, a)}`,
                    change,
                    says:
                        status === 'ok'
                            ? signed(change)
                            : {
                                  'not built': 'there is no such accelerator',
                                  incomplete: 'not known yet',
                                  infeasible: 'not all fits',
                              }[status],
                };
            }),
    );
}

/** "37,450 PEs and 2.57 MiB on chip, 222 mm2" */
export const machine = (pes, bytes, mm2) =>
    `${integer(pes)} PEs and ${capacity(bytes)} on chip${mm2 > 0 ? `, ${area(mm2)}` : ''}`;
export const machineOf = (space, i) => machine(at(space, 'pes', i), at(space, 'memory', i), at(space, 'area', i));
export const baseMachine = (space) => machine(space.base.pes, space.base.memory_bytes, space.base.area_mm2);

function facts(space, i) {
    const rows = [
        ['Latency of a block', `${seconds(at(space, 'latency', i))}${space.names.length > 1 ? ', geometric mean' : ''}`],
        ...(space.base && at(space, 'latency', i) > 0
            ? [
                  [
                      `Against ${space.page.experiment.accelerator} as it is`,
                      `${factor(space.base.latency_seconds / at(space, 'latency', i))} as fast`,
                  ],
              ]
            : []),
        ['Energy', `${joules(at(space, 'energy', i))}${space.names.length > 1 ? ', geometric mean' : ''}`],
        ['Area', area(at(space, 'area', i))],
        ['Memory on chip', capacity(at(space, 'memory', i))],
        ['PEs', integer(at(space, 'pes', i))],
        ['Clock', `${count(space.hz[i])}Hz`.replace(/(\d)Hz/, '$1 Hz')],
    ];
    return h(
        'dl',
        {class: 'facts'},
        rows.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
    );
}

export function workloadTable(space, i) {
    const {base, points} = space,
        number = (title, value, show) => ({title, value, show, isNumber: true});
    const exact = (key) => (w) => space.measure(`${key}-${w}`)?.values[i];
    const baseSeconds = (w) => base.workloads[w].latency_cycles / space.page.base_hz;
    return table(
        [
            {title: 'workload', value: (w) => space.fullNames[w]},
            number('cycles', (w) => space.cyclesOf[w][i], count),
            number('latency (s)', (w) => space.latencies[w].values[i], seconds),
            ...(base ? [number('speed-up', (w) => baseSeconds(w) / space.latencies[w].values[i], factor)] : []),
            {title: 'limit', value: (w) => limits[points.workloads[w].limits[i]] ?? 'does not fit'},
            number('PEs busy', exact('busy'), percent),
            number('DRAM (bytes)', exact('dram'), traffic),
            number('peak on chip (bytes)', (w) => space.peaksOf[w][i], capacity),
            number('gap', exact('gap'), percent),
        ],
        space.names.map((_, w) => w),
        {caption: `Each workload on point ${i}`},
    );
}

function stepsTable(space, i, choose) {
    const rows = steps(space, i);
    return (
        rows.length > 0 && [
            h('h3', {}, 'One step on an axis'),
            table(
                [
                    {title: 'with', value: (row) => row.text},
                    {title: 'latency', value: (row) => row.change, show: (_, row) => row.says, isNumber: true},
                    {
                        title: 'energy',
                        value: (row) => at(space, 'energy', row.index) / at(space, 'energy', i) - 1,
                        show: (v) => (Number.isNaN(v) ? '\u2013' : signed(v)),
                        isNumber: true,
                    },
                    {title: 'PEs', value: (row) => at(space, 'pes', row.index), show: integer, isNumber: true},
                ],
                rows,
                {caption: `What one step from point ${i} would change`, choose: (row) => choose(row.index)},
            ),
        ]
    );
}

function settings(space, i) {
    const {experiment} = space.page;
    const rows = [
        ...experiment.axes.map((axis, a) => [axis.field, space.valueText(i, a), 'axis']),
        ...experiment.set.map(([field, value]) => [field, value, 'set for all']),
        ...experiment.derive.map(([field, formula]) => [field, `= ${formula}`, 'formula']),
    ];
    const file = acceleratorOf(space, i);
    return [
        rows.length > 0 &&
            table(
                [
                    {title: 'field', value: (r) => r[0]},
                    {title: 'value', value: (r) => r[1]},
                    {title: 'from', value: (r) => r[2]},
                ],
                rows,
                {caption: `All else is as in ${experiment.accelerator}`},
            ),
        file &&
            h(
                'details',
                {class: 'input'},
                h('summary', {}, 'The whole accelerator as a file'),
                h(
                    'button',
                    {type: 'button', onclick: () => download(acceleratorFile(i), file)},
                    `Save ${acceleratorFile(i)}`,
                ),
                h('pre', {tabindex: 0}, file),
            ),
    ];
}

function schedule(space, i, w) {
    const text = scheduleOf(space, i, w),
        words = runWords(space, i, w),
        command = words?.map(quoted).join(' ');
    const copied = (title, what) => {
        const button = h('button', {type: 'button', class: 'copy', onclick: () => copy(what, button)}, title);
        return button;
    };
    return h(
        'details',
        {class: 'schedule', open: space.names.length === 1 || w === 0},
        h('summary', {}, `${space.fullNames[w]}: ${seconds(space.latencies[w].values[i])}`),
        text
            ? [
                  h('pre', {tabindex: 0, 'aria-label': `Schedule of ${space.fullNames[w]}`}, text),
                  h(
                      'div',
                      {class: 'actions'},
                      copied('Copy the schedule', text),
                      h(
                          'button',
                          {type: 'button', class: 'copy', onclick: () => download(`point-${i}-${w + 1}.schedule`, text)},
                          'Save it',
                      ),
                  ),
              ]
            : h(
                  'p',
                  {},
                  'Its schedule is not in this page, which keeps those of the front when there are many: the command below finds one.',
              ),
        command
            ? [
                  h(
                      'p',
                      {},
                      space.page.experiment.strategy === 'optimal'
                          ? 'A search of its own, which may find a better one than the sweep had time for:'
                          : 'The same accelerator and the same strategy:',
                  ),
                  h('pre', {class: 'command', tabindex: 0}, command),
                  copied('Copy the command', command),
              ]
            : h('p', {}, 'Formulas set some of its fields: points of the front come with a file that sinter run takes.'),
    );
}

/** Everything about point i. */
export function pointDetails(space, i, choose) {
    const status = space.statusOf(i);
    return [
        h('p', {class: 'answer'}, `Point ${i}: ${space.describe(i)}`),
        h(
            'p',
            {},
            i === space.best
                ? 'The recommended one. '
                : space.isOnFront[i]
                  ? 'On the front: nothing beats it in latency, energy, area and memory together. '
                  : status === 'ok'
                    ? 'Not on the front: another point is at least as good in all of latency, energy, area and memory. '
                    : `It is ${status}. `,
            status === 'ok' &&
                i !== space.best &&
                space.best >= 0 &&
                `It takes ${signed(at(space, 'latency', i) / at(space, 'latency', space.best) - 1)} of the time of the recommended one.`,
        ),
        status === 'ok' && facts(space, i),
        h('h3', {}, 'Workloads'),
        workloadTable(space, i),
        stepsTable(space, i, choose),
        h('h3', {}, 'Accelerator'),
        settings(space, i),
        h('h3', {}, 'Schedules, and how to run them'),
        space.names.map((_, w) => schedule(space, i, w)),
    ];
}
