// harness.mjs: opens pages in headless Chromium and watches them: an error on the console or a request is a failure.
// SPDX-License-Identifier: MIT
//
// From the environment: SINTER, the command; SINTER_WEB, a package.json beside the node_modules with playwright-core; CHROMIUM.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';

const {chromium} = createRequire(resolve(process.env.SINTER_WEB ?? 'build/release/web/package.json'))('playwright-core');
const command = process.env.SINTER ?? 'build/release/sinter';

export const scratch = mkdtempSync(join(tmpdir(), 'sinter-page-'));
let browser = null;

export async function start() {
    browser = await chromium.launch({
        executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
        args: [
            '--no-sandbox',
            '--disable-gpu',
            '--disable-quic',
            '--no-first-run',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
        ],
    });
}
export async function stop() {
    await browser?.close();
    rmSync(scratch, {recursive: true, force: true});
}

/** What the command prints; a status that is expected to be other than 0 comes with the words. */
export function sinter(words, status = 0) {
    try {
        const out = execFileSync(command, words, {encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe']});
        assert.equal(status, 0, `expected status ${status}`);
        return out;
    } catch (error) {
        assert.equal(error.status, status, error.stderr ?? error.message);
        return error.stdout;
    }
}
export const json = (words) => JSON.parse(sinter([...words, '--format', 'json']));

/** Writes the page of a command; its path. */
export function write(name, words, status = 0) {
    const file = join(scratch, `${name}.html`);
    sinter([...words, '-q', '--html', file], status);
    return file;
}

/** Opens a page and calls with it; `look` may have width, colorScheme, javaScriptEnabled. Its faults fail the test. */
export async function open(file, use, look = {}) {
    const context = await browser.newContext({
        viewport: {width: look.width ?? 1200, height: 900},
        acceptDownloads: true,
        colorScheme: look.colorScheme ?? 'light',
        javaScriptEnabled: look.javaScriptEnabled ?? true,
    });
    const faults = [];
    const page = await context.newPage();
    page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
    page.on(
        'console',
        (message) => ['error', 'warning'].includes(message.type()) && faults.push(`console: ${message.text()}`),
    );
    page.on('request', (request) => /^(file|blob|data):/.test(request.url()) || faults.push(`request: ${request.url()}`));
    page.on('dialog', (dialog) => {
        faults.push(`dialog: ${dialog.message()}`);
        dialog.dismiss();
    });
    try {
        await page.goto(`file://${file}`);
        if (look.javaScriptEnabled !== false) await page.waitForSelector('#page[data-ready]', {timeout: 20000});
        await use(page);
    } finally {
        await context.close();
    }
    assert.deepEqual(faults, []);
}

/** Every chart is drawn only when it comes into sight. */
export async function drawAll(page) {
    for (const chart of await page.locator('figure .chart').all()) {
        await chart.scrollIntoViewIfNeeded();
        await chart.locator('svg, canvas').first().waitFor({timeout: 10000});
    }
    assert.equal(await page.locator('.error').count(), 0);
}

/** Every chart of the pages is drawn and described, light and dark, on a wide screen and a phone, and none is wider than that. */
export async function drawInAllLooks(files) {
    for (const look of [{}, {colorScheme: 'dark'}, {width: 390}, {width: 390, colorScheme: 'dark'}])
        for (const file of files)
            await open(
                file,
                async (page) => {
                    await drawAll(page);
                    for (const chart of await page.locator('.chart').all()) {
                        assert.equal(await chart.getAttribute('role'), 'img');
                        assert.ok((await chart.getAttribute('aria-label')).length > 20);
                    }
                    const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
                    assert.ok(width <= 0, `the page is ${width} pixels too wide`);
                },
                look,
            );
}

/** The page of a file with other data: `change` gets them. The path of the new one. */
export function withData(file, name, change) {
    const html = readFileSync(file, 'utf8'),
        from = html.indexOf('id="data">') + 10,
        to = html.indexOf('</script>', from);
    const data = JSON.parse(html.slice(from, to));
    change(data);
    const other = join(scratch, `${name}.html`);
    writeFileSync(other, html.slice(0, from) + JSON.stringify(data).replaceAll('<', '\\u003c') + html.slice(to));
    return other;
}

/** The cells of a table's body, as text. */
export const cells = (table) =>
    table.locator('tbody tr').evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));

/** The text of a file that a button saves. */
export async function saved(page, button) {
    const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
    return readFileSync(await download.path());
}

/** The rows of a text in CSV without quotes or line breaks in its fields. */
export const rowsOf = (csv) =>
    csv
        .trim()
        .split('\r\n')
        .map((line) => line.split(','));
