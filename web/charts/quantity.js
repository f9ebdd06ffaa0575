// quantity.js: numbers with units, as people write them into a field and as axes show them.
// SPDX-License-Identifier: MIT
import {area, capacity, count, joules, percent, seconds, traffic, watts} from './numbers.js';

const prefixes = {
    f: 1e-15,
    p: 1e-12,
    n: 1e-9,
    u: 1e-6,
    '\u00b5': 1e-6,
    m: 1e-3,
    '': 1,
    k: 1e3,
    K: 1e3,
    M: 1e6,
    G: 1e9,
    T: 1e12,
    P: 1e15,
    Ki: 2 ** 10,
    Mi: 2 ** 20,
    Gi: 2 ** 30,
    Ti: 2 ** 40,
};

/** "4 MiB" -> 4194304 where the unit is B; null for nothing, NaN for what is no number in that unit. */
export function quantityOf(text, unit) {
    const trimmed = text.trim();
    if (trimmed === '') return null;
    const [, number, rest] = trimmed.match(/^([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*)$/) ?? [];
    if (number === undefined) return NaN;
    const word = rest.replace('\u00b2', '2');
    if (unit === '%') return word === '%' ? Number(number) / 100 : word === '' ? Number(number) : NaN;
    if (unit === 'mm2') return word === unit || word === '' ? Number(number) : NaN;
    const prefix = word.endsWith(unit) ? word.slice(0, word.length - unit.length) : word;
    return Number(number) * (prefixes[prefix] ?? NaN);
}

const shows = {
    s: seconds,
    J: joules,
    B: capacity,
    mm2: area,
    '%': percent,
    W: watts,
    'B/s': (x) => `${traffic(x)}/s`,
    Hz: (x) => `${count(x)}Hz`.replace(/(\d)Hz/, '$1 Hz'),
};
/** How numbers of a unit are written. */
export const showOf = (unit) => shows[unit] ?? ((x) => (unit ? `${count(x)} ${unit}` : count(x)));
