// verify.test.mjs: the pages of verify show every check of the JSON, failures first and in words.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {
    cells,
    drawAll,
    drawInAllLooks,
    json,
    open,
    rowsOf,
    saved,
    sinter,
    start,
    stop,
    withData,
    write,
} from './harness.mjs';

const model = ['-m', 'mamba-130m', '-a', 'marca', '-L', '16'];
const verify = ['verify', ...model, '-s', 'unfused,fuse-all'];
const study = ['verify', '-m', 'mamba-130m', '-L', '4', '--numerics', 'H=bf16,weights=int8'];
let verifyPage, studyPage, document;
before(async () => {
    await start();
    verifyPage = write('verify', verify);
    studyPage = write('study', study);
    document = json(verify);
});
after(stop);

const grouped = (n) => n.toLocaleString('en-US');
const tableOf = (page, section) => page.locator(`#${section} > .table table`);
/** Draws all rows of a table. */
async function unfold(page, section) {
    const more = page.locator(`#${section} > .table`).getByRole('button', {name: 'Show more'});
    while ((await more.count()) > 0) await more.click();
}
const changed = (name, change) => withData(verifyPage, name, change);

test('the data of the page are the JSON of the command', () =>
    open(verifyPage, async (page) => {
        const data = JSON.parse(await page.locator('#data').textContent());
        assert.deepEqual(data.verification, document);
    }));

test('the answer counts the checks, which are the rows of the CSV', () =>
    open(verifyPage, async (page) => {
        const rows = rowsOf(sinter([...verify, '--format', 'csv'])).slice(1);
        assert.equal(await page.locator('.answer').textContent(), `All ${grouped(rows.length)} checks hold.`);
        await unfold(page, 'checks');
        const shown = await cells(tableOf(page, 'checks'));
        const ofFirst = rows.filter(([strategy]) => strategy === 'unfused');
        assert.equal(shown.length, ofFirst.length);
        assert.ok(shown.every((row) => row[2] === 'ok'));
    }));

test('what was counted stands beside what was charged', () =>
    open(verifyPage, async (page) => {
        const [run] = document.runs,
            [memory] = run.memories;
        await unfold(page, 'checks');
        const shown = await cells(tableOf(page, 'checks'));
        const of = (check, item = '') => shown.find((row) => row[0] === check && row[1] === item).slice(3, 5);
        const pair = ({executed, charged}) => [`${grouped(executed)} B`, `${grouped(charged)} B`];
        assert.deepEqual(of('DRAM read'), pair(run.dram_read));
        assert.deepEqual(of('DRAM written'), pair(run.dram_write));
        assert.deepEqual(of('loaded into', memory.name), pair(memory.in));
        assert.deepEqual(of('stored from', memory.name), pair(memory.out));
        assert.deepEqual(of('peak of', memory.name), pair(memory.peak));
        assert.deepEqual(of('computations'), [grouped(run.computations.executed), grouped(run.computations.charged)]);
        for (const tensor of run.traffic) assert.deepEqual(of('read from DRAM', tensor.name), pair(tensor.read));
    }));

test('every tensor has its differences', () =>
    open(verifyPage, async (page) => {
        const shown = await cells(tableOf(page, 'values'));
        assert.deepEqual(
            shown.map((row) => [row[0], row[3], Number(row[6].replaceAll(',', ''))]),
            document.runs[0].values.map((v) => [v.name, grouped(v.elements), v.reference.different]),
        );
        const ulps = shown.map((row) => Number(row.at(-1)));
        document.runs[0].values.forEach((v, i) => assert.equal(ulps[i], Number(v.unrounded.max_ulp.toPrecision(3))));
    }));

test('another schedule can be chosen by keyboard', () =>
    open(verifyPage, async (page) => {
        await page.locator('#runs').getByRole('button', {name: 'fuse-all', exact: true}).focus();
        await page.keyboard.press('Enter');
        assert.equal(await page.locator('#checks h2').textContent(), 'Charged and counted: fuse-all, block');
        assert.equal((await cells(tableOf(page, 'checks')))[0][3], `${grouped(document.runs[1].dram_read.executed)} B`);
        await page.locator('#run').selectOption({label: 'unfused, block'});
        assert.equal(await page.locator('#checks h2').textContent(), 'Charged and counted: unfused, block');
        await drawAll(page);
    }));

test('every chart is drawn, with a name and a description, in all looks', () => drawInAllLooks([verifyPage, studyPage]));

test('the chart of bytes has those of the JSON', () =>
    open(verifyPage, async (page) => {
        const rows = rowsOf(
            (await saved(page, page.locator('#chart-bytes').getByRole('button', {name: 'as CSV'}))).toString(),
        );
        for (const [name, way, charged, counted, verdict] of rows.slice(1)) {
            const tensor = document.runs[0].traffic.find((t) => t.name === name),
                of = way === 'read' ? tensor.read : tensor.write;
            assert.deepEqual([Number(charged), Number(counted), verdict], [of.charged, of.executed, 'agrees']);
        }
    }));

test('failures come first and are marked in words', async () => {
    const file = changed('failed', ({verification}) => {
        const run = verification.runs[1],
            tensor = run.traffic.find((t) => t.read.charged > 0);
        verification.ok = run.ok = run.dram_read.ok = tensor.read.ok = false;
        run.dram_read.charged += 2;
        tensor.read.charged += 2;
    });
    await open(file, async (page) => {
        await drawAll(page);
        assert.match(await page.locator('.answer').textContent(), /^2 of [\d,]+ checks FAILED\.$/);
        assert.equal(
            await page.locator('#run').evaluate((select) => select.selectedOptions[0].textContent),
            'fuse-all, block (FAILED)',
        );
        const shown = await cells(tableOf(page, 'checks'));
        assert.deepEqual(
            shown.slice(0, 3).map((row) => row[2]),
            ['FAILED', 'FAILED', 'ok'],
        );
        assert.equal(shown[0][5], '-2 B');
        assert.match(await page.locator('#chart-bytes').textContent(), /FAILED: /);
    });
});

test('a schedule that cannot be executed says why', async () => {
    const file = write('small', ['verify', ...model, '-s', 'unfused,fuse-all', '--set', 'buffer.capacity=256KiB'], 1);
    await open(file, async (page) => {
        await drawAll(page);
        assert.match(await page.locator('.answer').textContent(), /FAILED/);
        assert.match(await page.locator('.details').textContent(), /Not executed: .*FAILED: needs/s);
    });
});

test('hostile names appear as text', async () => {
    const name = `x</script><img src=x onerror="alert(1)">&amp;'"`;
    const file = changed('hostile', ({verification}) => {
        const [run] = verification.runs;
        run.strategy = run.traffic[0].name = run.values[0].name = run.memories[0].name = name;
    });
    await open(file, async (page) => {
        await drawAll(page);
        assert.equal(await page.locator('img').count(), 0);
        assert.equal((await cells(tableOf(page, 'values')))[0][0], name);
    });
});

test('a study shows the error of each tensor under each choice', () =>
    open(studyPage, async (page) => {
        const rows = json(study).study.flatMap((choice) =>
            choice.values.map((v) => [choice.choice, v.name, Number(v.unrounded.rms_relative.toPrecision(3))]),
        );
        await unfold(page, 'tensors');
        assert.deepEqual(
            (await cells(tableOf(page, 'tensors'))).map((row) => [row[0], row[1], Number(row[7])]),
            rows,
        );
        assert.equal((await cells(tableOf(page, 'choices'))).length, 3);
    }));
