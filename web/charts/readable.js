// readable.js: names are data and may be made of anything: what would be acted on instead of shown is spelled out.
// SPDX-License-Identifier: MIT

// Controls but line breaks and tabs, and what turns the direction of writing or is not seen.
const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
const spelled = (text) => text.replace(unseen, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The same data with every text, keys too, as it can be shown. */
export function readable(value) {
    if (typeof value === 'string') return spelled(value);
    if (Array.isArray(value)) return value.map(readable);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, of]) => [spelled(key), readable(of)]));
}
