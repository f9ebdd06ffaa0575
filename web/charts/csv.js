// csv.js: RFC 4180, with lines that end in CR LF.
// SPDX-License-Identifier: MIT

const quoted = (value) => {
    const text = value == null ? '' : String(value);
    return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
export const csv = (names, rows) => [names, ...rows].map((row) => row.map(quoted).join(',') + '\r\n').join('');
