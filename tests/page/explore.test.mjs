// explore.test.mjs: the page of an exploration in a browser: it shows what the JSON says, and answers to mouse and keyboard.
// SPDX-License-Identifier: MIT
//
// SINTER is the command, SINTER_WEB the package.json beside the modules that npm installed, CHROMIUM the browser.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {after, before, test} from 'node:test';

import {seconds} from '../../web/charts/numbers.js';
import {quantityOf} from '../../web/charts/quantity.js';

const sinter = resolve(process.env.SINTER ?? 'build/release/sinter');
const {chromium} = createRequire(resolve(process.env.SINTER_WEB ?? 'build/release/web/package.json'))('playwright-core');
const folder = mkdtempSync(join(tmpdir(), 'sinter-explore-page-'));
const experiment = `experiment: small
accelerator: examples/tiny.accel.yaml
workloads: [{model: examples/scan.yaml, weight: 2}, {model: examples/scan.yaml, tokens: 3}]
strategy: mem-aware
axes:
  buffer.capacity: [3 B, 8 B, 16 B, 24 B, 48 B, 128 B]
  dram.bandwidth: [1 GB/s, 2 GB/s, 8 GB/s]
  array.pes: [[1, 1], [2, 2], [2, 4], [4, 4]]
where: [buffer.capacity * array.pes > 7 B]
`;

let browser, json;
const run = (...words) => execFileSync(sinter, words, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']});

before(async () => {
    writeFileSync(join(folder, 'small.yaml'), experiment);
    json = JSON.parse(
        run('explore', join(folder, 'small.yaml'), '-q', '--format', 'json', '--all', '--html', join(folder, 'small.html')),
    );
    browser = await chromium.launch({
        executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
        args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    });
});
after(async () => {
    await browser?.close();
    rmSync(folder, {recursive: true});
});

/** Opens a file of the folder; fails on messages, errors and whatever it asks for beside itself. */
async function open(t, name, {width = 1200, scheme = 'light'} = {}) {
    const context = await browser.newContext({viewport: {width, height: 900}, colorScheme: scheme});
    const page = await context.newPage(),
        wrong = [];
    page.on('console', (message) => wrong.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => wrong.push(error.message));
    page.on('request', (request) => {
        if (!/^(file|data|blob):/.test(request.url())) wrong.push(`asks for ${request.url()}`);
    });
    t.after(async () => {
        await context.close();
        assert.deepEqual(wrong, []);
    });
    const begin = performance.now();
    await page.goto(`file://${join(folder, name)}`);
    await page.waitForSelector('#page[data-ready]');
    page.openedIn = performance.now() - begin;
    return page;
}
const fitting = () => json.points.filter((point) => point.status === 'ok');
const found = (page) => page.locator('#points .found').first().textContent();
const rowsOf = (page, section) =>
    page
        .locator(`#${section} .table tbody tr`)
        .evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));
const headsOf = (page, section) => page.locator(`#${section} .table thead`).first().locator('th').allTextContents();
/** Waits until the chart is drawn, and returns where a row of it is on the screen. */
async function placeOf(page, name, kind, index) {
    const figure = page.locator(`#chart-${name}`);
    await figure.scrollIntoViewIfNeeded();
    await page.waitForFunction(
        (id) => document.getElementById(id)?.view?.scenegraph().root.items.length > 0,
        `chart-${name}`,
    );
    await page.waitForTimeout(300); // what stands above it may still be drawn
    return page.evaluate(
        ([id, wanted, i]) => {
            const {view} = document.getElementById(id),
                box = document.querySelector(`#${id} canvas, #${id} svg`).getBoundingClientRect();
            let at = null;
            (function look(group, x, y) {
                for (const item of group.items ?? []) {
                    if (item.datum?.kind === wanted && item.datum.index === i && item.x != null && item.marktype !== 'group')
                        at = {x: box.x + x + item.x, y: box.y + y + item.y};
                    const isGroup = group.marktype === 'group';
                    if (item.items) look(item, x + (isGroup ? (item.x ?? 0) : 0), y + (isGroup ? (item.y ?? 0) : 0));
                }
            })(view.scenegraph().root, view.origin()[0] + view.padding().left, view.origin()[1] + view.padding().top);
            return at;
        },
        [`chart-${name}`, kind, index],
    );
}

// ---- what is shown -----------------------------------------------------------------------------------------------------

test('the headline recommends what the JSON calls best, and says what a step on each axis changes', async (t) => {
    const page = await open(t, 'small.html'),
        said = await page.locator('.answer').first().textContent();
    for (const [field, value] of Object.entries(json.best.values)) assert.ok(said.includes(`${field} ${value}`), said);
    assert.ok(said.includes(seconds(json.best.latency_seconds)), said);
    const at = (values) => json.points.find((point) => JSON.stringify(point.values) === JSON.stringify(values));
    const slower = at({...json.best.values, 'dram.bandwidth': '2 GB/s'});
    assert.ok(
        said.includes(
            `dram.bandwidth 2 GB/s: +${(100 * (slower.latency_seconds / json.best.latency_seconds - 1)).toFixed(2)} %`,
        ),
        said,
    );
});

test('the table has each point that fits, with the numbers of the JSON', async (t) => {
    const page = await open(t, 'small.html'),
        heads = await headsOf(page, 'points'),
        rows = [];
    const at = (title) => heads.indexOf(title);
    rows.push(...(await rowsOf(page, 'points')));
    for (let turn = 0; rows.length < fitting().length && turn < 5; turn++) {
        await page.locator('#points .pages button', {hasText: 'Next'}).click();
        rows.push(...(await rowsOf(page, 'points')));
    }
    assert.deepEqual(
        rows.map((row) => Number(row[0])),
        fitting().map((point) => point.index),
    );
    fitting().forEach((point, i) => {
        for (const [field, value] of Object.entries(point.values)) assert.equal(rows[i][at(field)], value);
        assert.equal(rows[i][at('latency, mean')], seconds(point.latency_seconds));
        const standing =
            point.index === json.best.index
                ? 'recommended'
                : json.front.some((one) => one.index === point.index)
                  ? 'front'
                  : '';
        assert.equal(rows[i][at('front')], standing);
    });
});

test('the front is that of the JSON, the fastest first', async (t) => {
    const page = await open(t, 'small.html');
    assert.deepEqual(
        (await rowsOf(page, 'front')).map((row) => Number(row[0])),
        json.front.map((point) => point.index),
    );
});

// ---- what can be done --------------------------------------------------------------------------------------------------

test('a point is chosen from the table by keyboard, and shown with its schedules', async (t) => {
    const page = await open(t, 'small.html'),
        other = json.front.find((point) => point.index !== json.best.index);
    await page.locator('#front button.choose', {hasText: new RegExp(`^${other.index}$`)}).focus();
    await page.keyboard.press('Enter');
    assert.match(await page.locator('#point .answer').textContent(), new RegExp(`^Point ${other.index}: `));
    const schedules = await page
        .locator('#point .schedule')
        .evaluateAll((all) => all.map((each) => each.querySelector('pre').textContent));
    assert.deepEqual(
        schedules,
        other.workloads.map((workload) => workload.schedule),
    );
    assert.match(await page.locator('#points .found').last().textContent(), new RegExp(`^Point ${other.index} is chosen`));
    assert.equal(await page.locator('#front tr[aria-current=true] td').first().textContent(), String(other.index));
});

test('the command of a point runs, and gives its latency again', async (t) => {
    const page = await open(t, 'small.html');
    const command = await page.locator('#point .schedule .command').first().textContent();
    const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
    assert.equal(words[0], 'sinter');
    const ran = JSON.parse(run(...words.slice(1), '--format', 'json'));
    assert.equal(ran.latency_cycles, Math.round(json.best.workloads[0].latency_cycles));
});

test('where formulas set fields, a point of the front comes as a file that runs', async (t) => {
    writeFileSync(join(folder, 'derived.yaml'), `${experiment}derive: {clock: 1 GHz * sqrt(array.pes / 4)}\n`);
    const of = JSON.parse(
        run('explore', join(folder, 'derived.yaml'), '-q', '--format', 'json', '--html', join(folder, 'derived.html')),
    );
    const page = await open(t, 'derived.html'),
        other = of.front.at(-1);
    await page.locator('#front button.choose', {hasText: new RegExp(`^${other.index}$`)}).click();
    const command = await page.locator('#point .schedule .command').first().textContent(),
        name = command.match(/-a (\S+)/)[1];
    writeFileSync(join(folder, name), await page.locator('#point details.input pre').textContent());
    const ran = JSON.parse(
        run(
            ...command
                .split(' ')
                .slice(1)
                .map((word) => (word === name ? join(folder, name) : word)),
            '--format',
            'json',
        ),
    );
    assert.equal(ran.latency_cycles, Math.round(other.workloads[0].latency_cycles));
    await page.locator('#points button.choose').first().click();
    assert.equal(await page.locator('#point .schedule .command').count(), 0); // not on the front
});

test('filters keep what they say, alone and together', async (t) => {
    const page = await open(t, 'small.html'),
        most = page.getByLabel('most memory on chip', {exact: true});
    assert.equal(await found(page), `${fitting().length} of ${fitting().length} points that fit pass the filters.`);
    const counts = async (n) =>
        page.waitForFunction((text) => document.querySelector('#points .found').textContent.startsWith(text), `${n} of `);
    await most.fill('24 B');
    const small = fitting().filter((point) => point.memory_bytes <= 24);
    await counts(small.length);
    await page.getByLabel('dram.bandwidth from').selectOption('2 GB/s');
    const fast = small.filter((point) => point.values['dram.bandwidth'] !== '1 GB/s');
    await counts(fast.length);
    await page.getByLabel('only the front').check();
    const isOnFront = (point) => json.front.some((one) => one.index === point.index);
    await counts(fast.filter(isOnFront).length);
    assert.deepEqual(
        (await rowsOf(page, 'points')).map((row) => Number(row[0])),
        fast.filter(isOnFront).map((point) => point.index),
    );
    await most.fill('24 bananas');
    await page.waitForSelector('input[aria-invalid=true]');
    await page.getByRole('button', {name: 'Clear filters'}).click();
    await counts(fitting().length);
    await page.getByLabel('least memory on chip', {exact: true}).fill('1 GB');
    await counts(0);
    await page.waitForSelector('text=No point passes the filters.');
});

test('a column sorts both ways', async (t) => {
    const page = await open(t, 'small.html');
    const head = page.locator('#points .table th', {hasText: 'latency, mean'});
    await head.locator('button').click();
    assert.equal(await head.getAttribute('aria-sort'), 'ascending');
    const latency = (index) => json.points[index].latency_seconds;
    const isSorted = async (sign) => {
        const shown = (await rowsOf(page, 'points')).map((row) => latency(Number(row[0])));
        shown.slice(1).forEach((value, i) => assert.ok(sign * (value - shown[i]) >= -1e-6 * value));
    };
    await isSorted(1);
    await head.locator('button').click();
    assert.equal(await head.getAttribute('aria-sort'), 'descending');
    await isSorted(-1);
});

test('a point in the chart tells what it is, and is chosen by a click', async (t) => {
    const page = await open(t, 'small.html'),
        other = json.front.at(-1).index;
    const at = await placeOf(page, 'points', 'front', other);
    await page.mouse.move(at.x - 30, at.y);
    await page.mouse.move(at.x, at.y);
    await page.waitForSelector('#vg-tooltip-element.visible');
    assert.match(await page.locator('#vg-tooltip-element').textContent(), new RegExp(`point ${other}, on the front`));
    await page.mouse.click(at.x, at.y);
    assert.match(await page.locator('#point .answer').textContent(), new RegExp(`^Point ${other}: `));
});

test('charts follow what is asked for, and keep their data', async (t) => {
    const page = await open(t, 'small.html');
    await page.getByLabel('x', {exact: true}).selectOption('DRAM, 3 tokens');
    await page.getByLabel('colour').selectOption('PEs');
    assert.equal(await page.locator('#chart-points h3').textContent(), 'Latency, mean against DRAM, 3 tokens');
    await page.getByLabel('axis', {exact: true}).selectOption('array.pes');
    assert.equal(await page.locator('#why h3').textContent(), 'What array.pes is worth');
    await page.getByLabel('across').selectOption('dram.bandwidth');
    assert.match(await page.locator('#chart-map h3').textContent(), /over dram.bandwidth and buffer.capacity$/);
    await page.locator('#chart-map summary').click();
    const rows = await page
        .locator('#chart-map .table tbody tr')
        .evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.textContent)));
    for (const [x, y, value] of rows) {
        const of = fitting().filter(
            (point) => point.values['dram.bandwidth'] === x && point.values['buffer.capacity'] === y,
        );
        const least = Math.min(...of.map((point) => point.latency_seconds));
        assert.ok(Math.abs(Number(value) / least - 1) < 1e-6);
    }
    for (const name of ['points', 'axis', 'map', 'parallel']) await page.locator(`#chart-${name}`).scrollIntoViewIfNeeded();
    await page.waitForFunction(() =>
        [...document.querySelectorAll('figure')].every((figure) => figure.querySelector('canvas, svg')),
    );
    assert.equal(await page.locator('.error').count(), 0);
});

test('it fits a phone, light and dark', async (t) => {
    for (const scheme of ['light', 'dark']) {
        const page = await open(t, 'small.html', {width: 390, scheme});
        for (const figure of await page.locator('figure').all()) await figure.scrollIntoViewIfNeeded();
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
    }
});

test('every control and every chart has a name', async (t) => {
    const page = await open(t, 'small.html');
    const nameless = await page.evaluate(() =>
        [...document.querySelectorAll('button, select, input, summary, [role=img], [role=region]')]
            .filter((e) => !(e.getAttribute('aria-label') || e.textContent.trim() || e.closest('label')?.textContent.trim()))
            .map((e) => e.outerHTML),
    );
    assert.deepEqual(nameless, []);
});

test('names are text, whatever they are made of', async (t) => {
    const name = join(folder, '<img src=x onerror=alert(1)>"\'&\u0001\u202e.yaml');
    copyFileSync('examples/tiny.accel.yaml', name);
    run(
        'explore',
        '-m',
        'examples/scan.yaml',
        '-a',
        name,
        '-s',
        'mem-aware',
        '--axis',
        'buffer.capacity=64 B,128 B',
        '-q',
        '--html',
        join(folder, 'hostile.html'),
    );
    const page = await open(t, 'hostile.html');
    assert.equal(await page.locator('img, iframe, object').count(), 0);
    assert.ok((await page.locator('.answer').first().textContent()).includes('<img src=x onerror=alert(1)>'));
});

test('an exploration in which nothing fits says so', async (t) => {
    writeFileSync(
        join(folder, 'none.yaml'),
        experiment.replace(/buffer.capacity: .*/, 'buffer.capacity: [1 B]').replace('> 7 B', '> 0 B'),
    );
    assert.throws(() => run('explore', join(folder, 'none.yaml'), '-q', '--html', join(folder, 'none.html')));
    const page = await open(t, 'none.html');
    assert.match(await page.locator('.answer').textContent(), /^No accelerator fits/);
});

test('figures are written for every chart', () => {
    const into = join(folder, 'figures');
    run('explore', join(folder, 'small.yaml'), '-q', '--figures', into);
    const names = new Set(readdirSync(into));
    for (const name of ['points', 'axis-1', 'axis-2', 'axis-3', 'map-1-2', 'map-1-3', 'map-2-3', 'parallel'])
        for (const kind of ['svg', 'csv', 'vl.json']) assert.ok(names.has(`${name}.${kind}`), `${name}.${kind}`);
    assert.match(readFileSync(join(into, 'points.svg'), 'utf8'), /^<svg/);
});

test('numbers with units are read, others refused', () => {
    for (const [text, unit, value] of [
        ['4 MiB', 'B', 4194304],
        ['1.5ms', 's', 0.0015],
        ['200', 'mm2', 200],
        ['200 mm\u00b2', 'mm2', 200],
        ['30 %', '%', 0.3],
        ['256 GB/s', 'B/s', 256e9],
        ['1e3', '', 1000],
        ['2 k', '', 2000],
        ['', 's', null],
        ['x', 's', NaN],
        ['4 bananas', 'B', NaN],
    ])
        assert.ok(
            Object.is(quantityOf(text, unit), value) || Math.abs(quantityOf(text, unit) / value - 1) < 1e-12,
            `${text} in ${unit}`,
        );
});

// ---- large sweeps ------------------------------------------------------------------------------------------------------

/** The small page with many points instead, of which the numbers are made up. */
function writeLarge(name, sizes) {
    const html = readFileSync(join(folder, 'small.html'), 'utf8'),
        begin = html.indexOf('id="data">') + 10,
        end = html.indexOf('</script>', begin);
    const data = JSON.parse(html.slice(begin, end)),
        n = sizes.reduce((a, b) => a * b);
    let seed = 1;
    const random = () => {
        seed = (seed * 48271) % 2147483647;
        return seed / 2147483647;
    };
    const column = (low, high) => Array.from({length: n}, () => Number((low * (high / low) ** random()).toPrecision(7)));
    data.experiment.axes = sizes.map((size, a) => ({
        field: `memory${a}.capacity`,
        unit: 'B',
        values: Array.from({length: size}, (_, k) => `${k + 1} KiB`),
        numbers: Array.from({length: size}, (_, k) => 1024 * (k + 1)),
    }));
    data.workloads = data.workloads.slice(0, 1);
    const latency = column(1e-4, 1e-2),
        best = latency.indexOf(Math.min(...latency.slice(0, 50)));
    data.points = {
        n,
        status: 'o'.repeat(n),
        latency_seconds: latency,
        total_energy_joules: column(1e-3, 1),
        area_mm2: column(50, 500),
        memory_bytes: column(1e5, 1e8),
        pes: column(100, 1e5),
        clock_hz: 1e9,
        workloads: [
            {
                latency_cycles: latency.map((s) => s * 1e9),
                total_energy_joules: 1,
                dram_bytes: column(1e6, 1e9),
                peak_bytes: 1000,
                utilization: column(0.01, 1),
                gap: 0.001,
                limits: 'c'.repeat(n),
                schedule: null,
            },
        ],
    };
    Object.assign(data, {
        best,
        front: [best, ...Array.from({length: 500}, (_, k) => k * 7 + 3)],
        accelerators: [],
        base: null,
    });
    data.summary = {...data.summary, points: n, points_that_fit: n};
    writeFileSync(join(folder, name), html.slice(0, begin) + JSON.stringify(data) + html.slice(end));
    return data;
}

test('ten thousand points open in less than two seconds', async (t) => {
    writeLarge('ten.html', [25, 20, 20]);
    let least = Infinity; // the machine may be busy
    for (let attempt = 0; attempt < 5 && least >= 2000; attempt++)
        least = Math.min(least, (await open(t, 'ten.html')).openedIn);
    t.diagnostic(`opened in ${least.toFixed(0)} ms`);
    assert.ok(least < 2000, `${least} ms`);
});

test('a hundred thousand points are filtered while one types', async (t) => {
    const data = writeLarge('hundred.html', [50, 50, 40]);
    const page = await open(t, 'hundred.html');
    t.diagnostic(`opened in ${page.openedIn.toFixed(0)} ms`);
    await page.evaluate(() => performance.clearMeasures());
    await page.getByLabel('most latency', {exact: true}).fill('1 ms');
    const expected = data.points.latency_seconds.filter((s) => s <= 1e-3).length;
    await page.waitForFunction(
        (text) => document.querySelector('#points .found').textContent.startsWith(text),
        `${expected.toLocaleString('en-US')} of 100,000`,
    );
    for (const bound of ['1.1 ms', '1.2 ms', '1 ms']) {
        await page.getByLabel('most latency', {exact: true}).fill(bound);
        await page.waitForTimeout(200);
    }
    const took = Math.min(
        ...(await page.evaluate(() => performance.getEntriesByName('filter').map((entry) => entry.duration))),
    );
    t.diagnostic(`filtered in ${took.toFixed(1)} ms`);
    assert.ok(took < 100, `${took} ms`);
    await page.locator('#chart-points').scrollIntoViewIfNeeded();
    await page.waitForSelector('#chart-points canvas');
    const kinds = await page.evaluate(() =>
        document
            .getElementById('chart-points')
            .view.data('source_0')
            ?.reduce((n, row) => ({...n, [row.kind]: (n[row.kind] ?? 0) + 1}), {}),
    );
    assert.ok(kinds.cell > 100 && kinds.cell <= 4000 && kinds.front > 50, JSON.stringify(kinds));
    await page.locator('#points .pages button', {hasText: 'Last'}).click();
    assert.ok((await rowsOf(page, 'points')).length <= 50);
});
