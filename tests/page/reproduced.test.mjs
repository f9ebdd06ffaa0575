// reproduced.test.mjs: the page of published numbers shows each number of the JSON, and a command that gives it again.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';

import {
    cells,
    drawAll,
    drawInAllLooks,
    json,
    open,
    rowsOf,
    saved,
    scratch,
    sinter,
    start,
    stop,
    withData,
    write,
} from './harness.mjs';

const claims = ['reproduce', 'pact25'],
    figure9 = [...claims, '--figure', '9'];
let claimsPage, figurePage, document;
before(async () => {
    await start();
    claimsPage = write('claims', claims);
    figurePage = write('figure9', figure9);
    document = json(claims);
});
after(stop);

const numbers = (text) => (text === '\u2013' ? null : Number(text.replaceAll(',', '')));
const tableOf = (page, id) => page.locator(`#table-pact25-${id} .numbers table`);
const nearly = (shown, value) => (value == null ? shown === null : Math.abs(shown - value) <= 0.06 + 1e-3 * Math.abs(value));
const column = async (table, title) => (await table.locator('th').allTextContents()).indexOf(title);
const changed = (name, change) => withData(claimsPage, name, change);

test('the data of the page are the JSON of the command, and more', () =>
    open(claimsPage, async (page) => {
        const [made] = JSON.parse(await page.locator('#data').textContent()).reproductions;
        for (const setting of made.settings) delete setting.honest;
        for (const table of made.tables) {
            delete table.figure;
            for (const row of table.rows) {
                delete row.model;
                delete row.command;
            }
        }
        assert.deepEqual(made, document);
    }));

test('the answer counts what is published, what is within 2 %, and the largest deviation', () =>
    open(claimsPage, async (page) => {
        const honest = document.settings.filter((s) => s.name === 'honest').map((s) => s.name);
        const own = document.tables
            .flatMap((t) => t.rows)
            .filter((row) => row.deviation != null && !honest.includes(row.setting));
        const within = own.filter((row) => Math.abs(row.deviation) <= 0.02);
        const worst = own.reduce((a, b) => (Math.abs(b.deviation) > Math.abs(a.deviation) ? b : a));
        assert.match(
            await page.locator('.answer').textContent(),
            new RegExp(
                `^${within.length} of ${own.length} published numbers .*each of the ${own.length - within.length} others has its reason`,
            ),
        );
        const lead = await page.locator('.lead').textContent();
        assert.ok(
            lead.includes(`The largest deviation is ${(100 * worst.deviation).toFixed(2)} %`) ||
                lead.includes(`is +${(100 * worst.deviation).toFixed(2)} %`),
        );
        assert.ok(lead.includes(worst.reason));
    }));

test('tables show ours, theirs, deviation and reason of every row', () =>
    open(claimsPage, async (page) => {
        for (const {id, rows} of document.tables) {
            const table = tableOf(page, id),
                shown = await cells(table),
                ours = await column(table, 'ours');
            assert.equal(shown.length, rows.length, id);
            rows.forEach((row, i) => {
                assert.ok(nearly(numbers(shown[i][ours]), row.ours), `${id} ${i}: ${shown[i][ours]} for ${row.ours}`);
                assert.ok(
                    nearly(numbers(shown[i][ours + 1]), row.theirs),
                    `${id} ${i}: ${shown[i][ours + 1]} for ${row.theirs}`,
                );
                if (row.deviation != null)
                    assert.ok(Math.abs(parseFloat(shown[i][ours + 2]) - 100 * row.deviation) < 0.0051);
                if (row.reason != null)
                    assert.ok(
                        shown[i].some((cell) => cell.includes(row.reason)),
                        id,
                    );
            });
        }
    }));

test('a table sorts by deviation, by keyboard', () =>
    open(claimsPage, async (page) => {
        const table = tableOf(page, 'unfused'),
            rows = document.tables.find((t) => t.id === 'unfused').rows;
        await table.getByRole('button', {name: 'deviation'}).focus();
        await page.keyboard.press('Enter');
        const nodes = (await cells(table)).map((row) => row[0]);
        const expected = rows
            .map((row, i) => [row, i])
            .sort(([a, i], [b, j]) => a.deviation - b.deviation || i - j)
            .map(([row]) => row.node);
        assert.deepEqual(nodes, expected);
    }));

test('the command of a row gives its number', () =>
    open(claimsPage, async (page) => {
        const [made] = JSON.parse(await page.locator('#data').textContent()).reproductions;
        const rows = made.tables
            .find((t) => t.id === 'schemes')
            .rows.filter((row) => row.tokens === 64 && row.quantity === 'cycles');
        assert.ok(rows.length > 5);
        for (const row of rows) {
            const [first, ...words] = row.command.match(/'[^']*'|\S+/g).map((word) => word.replaceAll("'", ''));
            assert.equal(first, 'sinter');
            assert.equal(
                JSON.parse(
                    execFileSync(process.env.SINTER ?? 'build/release/sinter', [...words, '--format', 'json'], {
                        encoding: 'utf8',
                    }),
                ).latency_cycles,
                Math.round(row.ours),
                row.command,
            );
        }
        assert.ok(
            (await cells(tableOf(page, 'schemes'))).every(
                (row, i) => row.at(-1) === made.tables.find((t) => t.id === 'schemes').rows[i].command,
            ),
        );
    }));

test('every chart is drawn, with a name and a description, in all looks', () => drawInAllLooks([claimsPage, figurePage]));

test('the chart of deviations has every published number once', () =>
    open(claimsPage, async (page) => {
        const rows = rowsOf(
            (await saved(page, page.locator('#chart-deviations').getByRole('button', {name: 'as CSV'}))).toString(),
        );
        const expected = document.tables
            .flatMap((t) => t.rows)
            .filter((row) => row.deviation != null)
            .map((row) => row.deviation)
            .sort((a, b) => a - b);
        assert.equal(rows.length - 1, expected.length);
    }));

test('figures are written for every table', () => {
    const folder = join(scratch, 'figures');
    sinter([...figure9, '-q', '--figures', folder]);
    const files = readdirSync(folder);
    for (const name of ['deviations', 'pact25-figure9-fusion', 'pact25-figure9-fusion-utilization'])
        for (const kind of ['svg', 'csv', 'vl.json']) assert.ok(files.includes(`${name}.${kind}`), `${name}.${kind}`);
    const rows = rowsOf(readFileSync(join(folder, 'pact25-figure9-fusion.csv'), 'utf8'));
    const {rows: expected} = json(figure9).tables.find((t) => t.id === 'fusion');
    const at = rows[0].indexOf('ours');
    assert.deepEqual(
        rows.slice(1).map((row) => Number(row[at])),
        expected.map((row) => row.ours),
    );
});

test('a deviation that nobody can explain is called that', async () => {
    const file = changed('unexplained', ({reproductions: [made]}) => {
        made.tables[0].rows[0].reason = null;
    });
    await open(file, async (page) => {
        await drawAll(page);
        assert.match(await page.locator('.answer').textContent(), /1 of the others are not explained/);
        assert.ok((await cells(tableOf(page, 'unfused')))[0].includes('not explained'));
    });
});

test('hostile names appear as text', async () => {
    const name = `x</script><img src=x onerror="alert(1)">&amp;'"`;
    const file = changed('hostile', ({reproductions: [made]}) => {
        made.title =
            made.tables[0].title =
            made.tables[0].rows[0].node =
            made.tables[0].rows[0].reason =
            made.settings[0].says =
            made.remarks[0] =
                name;
    });
    await open(file, async (page) => {
        await drawAll(page);
        assert.equal(await page.locator('img').count(), 0);
        assert.equal((await cells(tableOf(page, 'unfused')))[0][0], name);
    });
});
