// dom.js: elements. Text is always set as text: nothing in the data is ever read as markup.
// SPDX-License-Identifier: MIT

/** h('p', {class: 'x', onclick: f}, 'text', child): children that are null or false are left out. */
export function h(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
        else if (value === true) element.setAttribute(name, '');
        else if (value !== false && value != null) element.setAttribute(name, value);
    }
    element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
    return element;
}

/** A section with a heading that can be linked to. */
export function section(id, title, ...children) {
    return h('section', {id, 'aria-labelledby': `${id}-title`}, h('h2', {id: `${id}-title`}, title), ...children);
}

/** Saves a text or a URL as a file. */
export function download(name, content, type = 'text/plain') {
    const url = content.startsWith('data:') ? content : URL.createObjectURL(new Blob([content], {type}));
    h('a', {href: url, download: name}).click();
    if (url !== content) setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/** Puts a text on the clipboard; where the browser refuses, into a selection that can be copied by hand. */
export async function copy(text, button) {
    const before = button.textContent;
    try {
        await navigator.clipboard.writeText(text);
        button.textContent = 'Copied';
    } catch {
        const area = h('textarea', {'aria-label': 'text to copy', rows: 6}, text);
        button.after(area);
        area.select();
        button.textContent = document.execCommand('copy') ? 'Copied' : 'Copy it from below';
        if (button.textContent === 'Copied') area.remove();
    }
    setTimeout(() => {
        button.textContent = before;
    }, 2000);
}

/** Redraws `into` with what `draw` returns. */
export function replace(into, ...children) {
    into.replaceChildren(...children.flat(Infinity).filter((child) => child != null && child !== false));
    return into;
}
