// nest.js: a schedule as an indented loop nest, with what is kept on chip in the body of each line.
// SPDX-License-Identifier: MIT
import {capacity} from '../charts/numbers.js';
import {copy, h} from './dom.js';

function tile(each) {
    return h(
        'span',
        {class: `tile ${each.kind}`, title: `${each.kind} in ${each.memory}: ${each.bytes.toLocaleString('en-US')} bytes`},
        h('b', {}, each.tensor),
        ` ${capacity(each.bytes)}`,
    );
}

/** `run` has "nest" and "schedule". */
export function nest(run) {
    if (!run.nest?.length) return h('p', {}, 'There is no schedule to show.');
    const lines = run.nest.map(({line, note, tiles}) => {
        const depth = line.search(/\S/) / 2;
        const kept = tiles.filter((each) => each.kind !== 'stream'),
            streamed = tiles.filter((each) => each.kind === 'stream');
        return h(
            'li',
            {style: `--depth: ${depth}`},
            h('code', {}, line.trim()),
            note && h('span', {class: 'note'}, note),
            kept.length > 0 && h('span', {class: 'tiles'}, kept.map(tile)),
            streamed.length > 0 && h('span', {class: 'tiles faint'}, streamed.map(tile)),
        );
    });
    const button = h(
        'button',
        {type: 'button', class: 'copy', onclick: () => copy(run.schedule, button)},
        'Copy the schedule',
    );
    return h(
        'div',
        {class: 'nest'},
        h('ol', {'aria-label': `Schedule of ${run.strategy}`}, lines),
        h(
            'p',
            {class: 'legend'},
            h('span', {class: 'tile intermediate'}, 'intermediate'),
            ' ',
            h('span', {class: 'tile hold'}, 'held'),
            ' ',
            h('span', {class: 'tile carry'}, 'carried from step to step'),
            ' ',
            h('span', {class: 'tile stream'}, 'streamed'),
            ' with the bytes that each takes on chip.',
        ),
        button,
    );
}
