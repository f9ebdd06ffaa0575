// provenance.js: the end of every page: the command, the versions, the inputs, assumptions and sources.
// SPDX-License-Identifier: MIT
import {copy, download, h, section} from './dom.js';

export const quoted = (word) => (/^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
export const commandLine = (page) => page.command.map(quoted).join(' ');

function input({title, name, text}) {
    return h(
        'details',
        {class: 'input'},
        h('summary', {}, `${title} (${name})`),
        h('button', {type: 'button', onclick: () => download(name, text)}, `Save ${name}`),
        h('pre', {tabindex: 0}, text),
    );
}
const list = (title, items) =>
    items?.length > 0 && [
        h('h3', {}, title),
        h(
            'ul',
            {},
            items.map((item) => h('li', {}, item)),
        ),
    ];

export function provenance(page, ...more) {
    const command = commandLine(page);
    const button = h('button', {type: 'button', onclick: () => copy(command, button)}, 'Copy the command');
    return section(
        'provenance',
        'Where this comes from',
        h('p', {}, `Made by sinter ${page.version} with`),
        h('pre', {class: 'command', tabindex: 0}, command),
        button,
        list('Assumptions', page.model?.assumptions),
        list('Sources and remarks of the accelerator', page.notes),
        more,
        page.inputs?.length > 0 && [
            h('h3', {}, 'Inputs'),
            h('p', {}, 'As the command understood them: saved, they can be given to it again.'),
            page.inputs.map(input),
        ],
        h(
            'p',
            {},
            h(
                'button',
                {
                    type: 'button',
                    onclick: () => download('page.json', document.getElementById('data').textContent, 'application/json'),
                },
                'Save all data of this page as JSON',
            ),
        ),
    );
}
