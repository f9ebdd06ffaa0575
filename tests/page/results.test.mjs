// results.test.mjs: the pages of run and compare show what their JSON says.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import {readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';

import {cells, drawAll, drawInAllLooks, json, open, rowsOf, saved, scratch, sinter, start, stop, write} from './harness.mjs';

const model = ['-m', 'mamba-130m', '-a', 'marca', '-L', '256'];
const run = ['run', ...model, '-s', 'optimal'],
    compare = ['compare', ...model];
let runPage, comparePage;
before(async () => {
    await start();
    runPage = write('run', run);
    comparePage = write('compare', compare);
});
after(stop);

test('a page of a run is below 2 MB and opens within 2 seconds', async () => {
    assert.ok(statSync(runPage).size < 2e6, `${statSync(runPage).size} bytes`);
    assert.ok(statSync(comparePage).size < 2e6, `${statSync(comparePage).size} bytes`);
    const begin = performance.now();
    await open(runPage, () => {});
    const ms = performance.now() - begin;
    console.log(`opened in ${ms.toFixed(0)} ms`);
});

test('the same input makes the same bytes', () => {
    const first = readFileSync(runPage);
    write('run', run);
    assert.ok(first.equals(readFileSync(runPage)));
});

test('the data of the page are the JSON of the command', () =>
    open(runPage, async (page) => {
        const data = JSON.parse(await page.locator('#data').textContent());
        const {schema, model: _, accelerator, ...expected} = json(run);
        const {nest, windows, ...shown} = data.runs[data.chosen];
        assert.equal(schema, 'sinter.run/1');
        assert.deepEqual(shown, expected);
        assert.equal(data.accelerator.name, accelerator.name);
        assert.equal(nest.map(({line}) => `${line}\n`).join(''), expected.schedule);
    }));

test('every chart is drawn, with a name and a description, in all looks', () => drawInAllLooks([runPage, comparePage]));

test('the answer says latency, factor and traffic of the JSON', () =>
    open(comparePage, async (page) => {
        const {runs} = json(compare);
        const best = runs.find((r) => r.strategy === 'optimal');
        const text = await page.locator('.lead').textContent();
        assert.match(
            text,
            new RegExp(`Under ${best.strategy} it takes ${(best.latency_seconds * 1e6).toPrecision(3)} \u00b5s`),
        );
        assert.match(text, new RegExp(`${best.speedup.toPrecision(3)}x as fast`.replace('.', '\\.')));
    }));

test('the table has a row for each strategy, sorts both ways, and copies as CSV', () =>
    open(comparePage, async (page) => {
        const {runs} = json(compare);
        const table = page.locator('#runs table').first();
        assert.deepEqual(
            (await cells(table)).map((row) => row[0]),
            runs.map((r) => r.strategy),
        );
        const latency = table.getByRole('button', {name: 'latency (s)'});
        await latency.click();
        const expected = [...runs]
            .map((r, i) => [r, i])
            .sort(([a, i], [b, j]) => a.latency_seconds - b.latency_seconds || i - j)
            .map(([r]) => r.strategy);
        assert.deepEqual(
            (await cells(table)).map((row) => row[0]),
            expected,
        );
        assert.equal(await table.locator('th').nth(1).getAttribute('aria-sort'), 'ascending');
        await latency.click();
        assert.equal((await cells(table))[0][1], (await cells(table)).reduce((a, b) => a)[1]);
        assert.equal(await table.locator('th').nth(1).getAttribute('aria-sort'), 'descending');
        await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
        await page.locator('#runs').getByRole('button', {name: 'Copy as CSV'}).click();
        await page.locator('#runs').getByRole('button', {name: 'Copied'}).waitFor();
        const copied = await page.evaluate(() => navigator.clipboard.readText());
        const rows = rowsOf(copied.replaceAll('\r\n', '\n').replaceAll('\n', '\r\n'));
        assert.equal(rows.length, runs.length + 1);
        for (const [strategy, seconds] of rows.slice(1))
            assert.equal(Number(seconds), runs.find((r) => r.strategy === strategy).latency_seconds);
    }));

test('another strategy can be chosen by keyboard, and everything follows', () =>
    open(comparePage, async (page) => {
        const fuseAll = json(compare).runs.find((r) => r.strategy === 'fuse-all');
        await page.locator('#runs').getByRole('button', {name: 'fuse-all', exact: true}).focus();
        await page.keyboard.press('Enter');
        assert.match(await page.locator('.answer').textContent(), /^Under fuse-all/);
        assert.equal(
            await page.locator('#strategy').evaluate((select) => select.selectedOptions[0].textContent),
            'fuse-all',
        );
        const lines = await page.locator('.nest code').allTextContents();
        assert.deepEqual(
            lines,
            fuseAll.schedule
                .trim()
                .split('\n')
                .map((line) => line.trim()),
        );
        await page.locator('#strategy').selectOption('unfused');
        assert.match(await page.locator('.answer').textContent(), /^Under unfused/);
        await drawAll(page);
    }));

test('a bar tells its numbers when the mouse is over it', () =>
    open(comparePage, async (page) => {
        const chart = page.locator('#chart-latency');
        await chart.scrollIntoViewIfNeeded();
        await chart.locator('svg').waitFor();
        await chart.locator('svg .mark-rect path').nth(2).hover();
        const tip = page.locator('#vg-tooltip-element');
        await tip.waitFor({state: 'visible'});
        assert.match(await tip.textContent(), /unfused.*latency.*\u00b5s/s);
    }));

test('charts are saved as SVG, PNG, CSV and specification, with the numbers of the JSON', () =>
    open(runPage, async (page) => {
        const {tensors} = json(run);
        const chart = page.locator('#chart-tensors');
        const button = (what) => chart.getByRole('button', {name: `as ${what}`});
        assert.match((await saved(page, button('SVG'))).toString(), /^<svg/);
        assert.equal((await saved(page, button('PNG'))).subarray(1, 4).toString(), 'PNG');
        const rows = rowsOf((await saved(page, button('CSV'))).toString());
        assert.deepEqual(rows[0], ['tensor', 'strategy', 'bytes']);
        for (const [name, , bytes] of rows
            .filter(([, strategy]) => strategy === 'optimal')
            .filter(([name]) => !/ /.test(name))) {
            const tensor = tensors.find((t) => t.name === name);
            assert.equal(Number(bytes), tensor.read + tensor.write, name);
        }
        assert.match(JSON.parse((await saved(page, button('Vega-Lite'))).toString()).$schema, /vega-lite/);
    }));

test('the data of a chart stand in a table, too', () =>
    open(runPage, async (page) => {
        const details = page.locator('#chart-roofline details');
        await details.locator('summary').click();
        const einsums = json(run).einsums.filter((e) => Object.keys(e.operations).length > 0 && e.cycles > 0);
        const shown = (await cells(details.locator('table'))).filter((row) => row[0] === 'optimal');
        assert.deepEqual(
            shown.map((row) => row[1]),
            einsums.map((e) => e.name),
        );
    }));

test('inputs stand in the page and give the same result again', () =>
    open(runPage, async (page) => {
        const {inputs} = JSON.parse(await page.locator('#data').textContent());
        const block = inputs.find((input) => input.title === 'block'),
            accel = inputs.at(-1);
        for (const {name, text} of [block, accel]) writeFileSync(join(scratch, name), text);
        const again = json(['run', '-m', join(scratch, block.name), '-a', join(scratch, accel.name), '-s', 'optimal']);
        assert.equal(again.latency_cycles, json(run).latency_cycles);
    }));

test('who prints gets every chart, on white, whatever was seen before', () =>
    open(
        runPage,
        async (page) => {
            const counts = await page.evaluate(async () => {
                dispatchEvent(new Event('beforeprint'));
                for (let i = 0; i < 1000; i++) await null; // what runs before a browser goes on, and nothing that waits for time
                return [
                    document.querySelectorAll('figure').length,
                    document.querySelectorAll('figure .chart svg').length,
                    document.querySelectorAll(
                        'figure .chart svg text[fill="#222"], figure .chart svg text[fill="#222222"], figure .chart svg text[fill="rgb(34, 34, 34)"]',
                    ).length,
                ];
            });
            assert.equal(counts[1], counts[0]);
            assert.ok(counts[2] > 0);
        },
        {colorScheme: 'dark'},
    ));

test('the page names the command that executes the same schedule', () =>
    open(runPage, async (page) => {
        assert.equal(
            await page.locator('#trust .command').textContent(),
            'sinter verify -m mamba-130m -a marca -L 256 -s optimal',
        );
    }));

test('without a script the report is there as text', () =>
    open(
        runPage,
        async (page) => {
            await page.locator('#report summary').click();
            const words = (text) => text.split(/\s+/).filter(Boolean);
            assert.ok(words(await page.locator('#report pre').textContent()).includes('optimal'));
            assert.match(await page.locator('noscript').textContent(), /report as text/);
        },
        {javaScriptEnabled: false},
    ));

test('a strategy that does not fit says why and breaks nothing', async () => {
    const small = ['compare', ...model, '--set', 'buffer.capacity=256KiB', '-s', 'unfused,fuse-all,mem-aware'];
    await open(write('small', small), async (page) => {
        await drawAll(page);
        await page.locator('#strategy').selectOption({label: 'fuse-all (does not fit)'});
        assert.match(await page.locator('.answer').textContent(), /cannot run: needs .* of buffer/);
    });
    const alone = write('alone', ['run', ...model, '--set', 'buffer.capacity=256KiB', '-s', 'fuse-all'], 1);
    await open(alone, async (page) => assert.match(await page.locator('.answer').textContent(), /cannot run/));
});

test('whatever the model and the accelerator, charts are drawn', async () => {
    const data = 'tests/golden/data';
    writeFileSync(
        join(scratch, 'endless.yaml'),
        `accelerator: endless
clock: 1 GHz
memories:
  - {name: dram, kind: dram, bandwidth: unlimited}
  - {name: buffer, kind: sram, capacity: unlimited, bandwidth: 64 GB/s}
  - {name: registers, kind: registers, capacity: 64 KiB, bandwidth: unlimited}
units:
  - {name: matrix, at: registers, pes: [4, 4], cycles: {mac: 1, mul: 1, add: 1}}
  - {name: vector, at: buffer, pes: [8], cycles: {mac: 2, mul: 1, add: 1, exp: 2}}
`,
    );
    const cases = {
        tiny: ['-m', `${data}/scan.yaml`, '-a', `${data}/small.yaml`],
        hidden: ['-m', `${data}/scan.yaml`, '-a', join(scratch, 'endless.yaml')],
        vast: ['-m', `${data}/scan.yaml`, '-a', `${data}/small.yaml`, '--set', 'L=100M'],
        attention: ['-m', 'opt-2.7b', '-L', '64'],
        mamba2: ['-m', 'mamba2-block', '-L', '64'],
        decode: ['-m', 'mamba-2.8b', '--phase', 'decode', '--batch', '4', '--layers', 'all'],
        pact25: ['-m', 'mamba-2.8b', '-a', 'pact25', '-L', '64', '--variant', 'pact25'],
    };
    for (const [name, words] of Object.entries(cases)) {
        await open(write(name, ['run', ...words, '-s', 'mem-aware']), drawAll);
        await open(write(name, ['compare', ...words, '-s', 'unfused,fuse-all,optimal']), drawAll);
    }
});

test('hostile names appear as text', async () => {
    const name = `x</script><img src=x onerror="alert(1)">&amp;'"\\u0000\u202e`;
    const accel = sinter(['show', '-a', 'marca', '--yaml']).replace(
        /^accelerator: .*$/m,
        `accelerator: ${JSON.stringify(name)}`,
    );
    writeFileSync(join(scratch, 'hostile.yaml'), accel);
    const file = write('hostile', ['compare', ...model.slice(0, 2), '-a', join(scratch, 'hostile.yaml'), '-L', '16']);
    await open(file, async (page) => {
        await drawAll(page);
        assert.equal(await page.locator('img').count(), 0);
        assert.match(await page.locator('h1').textContent(), /x<\/script><img src=x onerror="alert\(1\)">&amp;'"/);
        assert.doesNotMatch(
            (await page.locator('h1').textContent()) + (await page.locator('#page').textContent()),
            /\u202e/,
        );
    });
});
