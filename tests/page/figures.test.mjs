// figures.test.mjs: --figures writes every chart for paper: drawing, data and specification, the same each time.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdirSync, readdirSync, readFileSync, symlinkSync} from 'node:fs';
import {join} from 'node:path';
import {after, test} from 'node:test';

import {json, rowsOf, scratch, sinter, stop} from './harness.mjs';

const run = ['run', '-m', 'mamba-130m', '-L', '256', '-s', 'optimal'];
const hasConverter = spawnSync('rsvg-convert', ['--version']).status === 0;
after(stop);

function draw(name, words = run) {
    const folder = join(scratch, name);
    sinter([...words, '-q', '--figures', folder]);
    return folder;
}

test('each chart is drawn, with its data and its specification', () => {
    const folder = draw('one'),
        files = readdirSync(folder);
    const names = files.filter((f) => f.endsWith('.svg')).map((f) => f.slice(0, -4));
    for (const name of [
        'roofline',
        'tensors',
        'energy',
        'area',
        'campaign',
        'campaign-before',
        'gantt-1',
        'occupancy-buffer',
        'lifetimes',
    ])
        assert.ok(names.includes(name), name);
    for (const name of names) {
        assert.match(readFileSync(join(folder, `${name}.svg`), 'utf8'), /^<svg[^>]*width="252pt"/, name);
        const spec = JSON.parse(readFileSync(join(folder, `${name}.vl.json`), 'utf8'));
        const rows = rowsOf(readFileSync(join(folder, `${name}.csv`), 'utf8'));
        assert.match(spec.$schema, /vega-lite/);
        assert.equal(rows.length, spec.data.values.length + 1, name);
        if (!hasConverter) continue;
        assert.equal(
            readFileSync(join(folder, `${name}.pdf`))
                .subarray(0, 5)
                .toString(),
            '%PDF-',
        );
        assert.equal(
            readFileSync(join(folder, `${name}.png`))
                .subarray(1, 4)
                .toString(),
            'PNG',
        );
    }
});

test('the data are those of the JSON', () => {
    const rows = rowsOf(readFileSync(join(draw('data'), 'energy.csv'), 'utf8'));
    const {energy} = json(run);
    const of = (part) => Number(rows.find(([strategy, p]) => strategy === 'optimal' && p === part)[2]);
    assert.equal(of('DRAM'), energy.dram);
    assert.equal(of('operations'), energy.operations);
    assert.equal(of('memories on chip'), energy.memories);
});

test('the same result makes the same bytes', () => {
    const one = draw('first'),
        other = draw('second');
    assert.deepEqual(readdirSync(one), readdirSync(other));
    for (const file of readdirSync(one))
        assert.ok(readFileSync(join(one, file)).equals(readFileSync(join(other, file))), file);
});

test('without rsvg-convert there are no PNG and PDF files, and the command says so', () => {
    const bin = join(scratch, 'bin');
    mkdirSync(bin);
    symlinkSync(process.execPath, join(bin, 'node'));
    const {stderr, status} = spawnSync(process.env.SINTER, [...run, '--figures', join(scratch, 'svg')], {
        env: {PATH: bin},
        encoding: 'utf8',
    });
    assert.equal(status, 0);
    assert.match(stderr, /no PNG and PDF files: rsvg-convert is not installed/);
    assert.ok(readdirSync(join(scratch, 'svg')).every((f) => /\.(svg|csv|vl\.json)$/.test(f)));
});
