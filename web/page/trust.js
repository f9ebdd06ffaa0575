// trust.js: why a number on the page is true, how to check it, and what the words mean.
// SPDX-License-Identifier: MIT
import {cycles, percent} from '../charts/numbers.js';
import {copy, h, section} from './dom.js';
import {quoted} from './provenance.js';

/** Options of a command that say how to print, not what. */
const takesValue = [
    '--html',
    '--figures',
    '-o',
    '--output',
    '--format',
    '--trace',
    '--trace-window',
    '--width',
    '--color',
    '--plot',
    '--commands',
    '-s',
    '--strategy',
];
const standsAlone = ['-q', '--quiet', '-v', '--verbose', '--explain'];

/** The command that executes the same schedule and checks it. */
export function verifyCommand(page, run) {
    const words = page.command.slice(2),
        kept = [];
    for (let i = 0; i < words.length; i++) {
        const [name] = words[i].split('=');
        if (standsAlone.includes(words[i])) continue;
        if (takesValue.includes(name)) i += !words[i].includes('=');
        else if (!/^-[so]./.test(words[i])) kept.push(words[i]);
    }
    const hasTokens = words.some((word) => /^(-L|--tokens)/.test(word));
    if (!hasTokens && page.model.config) kept.push('-L', String(page.model.tokens)); // verify would take fewer
    return ['sinter', 'verify', ...kept, '-s', run.strategy].map(quoted).join(' ');
}

export function trust(page, run) {
    const command = verifyCommand(page, run);
    const button = h('button', {type: 'button', onclick: () => copy(command, button)}, 'Copy the command');
    const says = [
        [
            'DRAM bytes and peaks are exact',
            'They follow from the schedule in closed form, and are what an execution of it, tile by tile in memories of this size, moves and needs. This command executes it on real numbers and compares every byte and every value with an unfused reference:',
        ],
        [
            'Latency is simulated',
            `Every load, computation and store gets a start and an end on the port or unit that serves it. The closed form says that it cannot be below ${cycles(run.bound_cycles)}; the simulation is ${percent(run.latency_cycles / run.bound_cycles - 1)} above.`,
        ],
        run.search && [
            'The schedule was searched for',
            `The search covers every partition into groups, every order, tile size and residency that the notation can say; its bound proves that no schedule in that space takes less ${run.search.objective === 'latency' ? 'time' : run.search.objective} than ${percent(run.search.gap)} below this one in closed form${run.search.is_complete ? '' : ' (the search was cut short)'}.`,
        ],
        run.missing_energies && [
            'Energy is incomplete',
            `The accelerator's file has no figure for ${run.missing_energies}: they count as 0.`,
        ],
    ].filter(Boolean);
    return section(
        'trust',
        'Why this can be trusted',
        h(
            'dl',
            {class: 'says'},
            says.map(([claim, reason], i) =>
                h(
                    'div',
                    {},
                    h('dt', {}, claim),
                    h('dd', {}, reason, i === 0 && [h('pre', {tabindex: 0, class: 'command'}, command), button]),
                ),
            ),
        ),
    );
}

const meanings = [
    ['Einsum', 'one operator: an output tensor, an expression over tensors, and the indices that are summed.'],
    ['group', 'Einsums that run together in one loop nest; between groups, tensors go through DRAM.'],
    ['fused', 'in one group: what one Einsum makes and the next one reads stays on chip, a tile at a time.'],
    ['tile', 'the piece of a tensor that is on chip at once; "for l in L by 192" takes 192 indices of rank L at a time.'],
    ['peak', 'the most bytes that live in a memory at one moment.'],
    [
        'roofline',
        'the most operations per cycle that DRAM bandwidth (slope) and the PEs (roof) allow at so many operations per byte of DRAM traffic.',
    ],
    ['bound by', 'the resource that is busy longest: to be faster, less must be asked of it.'],
    ['gap', 'how much better, at most, a schedule could be that was not found.'],
];
export const glossary = () =>
    h(
        'details',
        {id: 'words'},
        h('summary', {}, 'What the words mean'),
        h(
            'dl',
            {class: 'says'},
            meanings.map(([word, meaning]) => h('div', {}, h('dt', {}, word), h('dd', {}, meaning))),
        ),
    );
