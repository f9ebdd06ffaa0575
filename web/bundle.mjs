// bundle.mjs: makes page.js, page.css and figures.js out of this folder.
// SPDX-License-Identifier: MIT
//
//     node web/bundle.mjs FOLDER
//
// FOLDER holds node_modules, as npm ci leaves it; the bundles go to FOLDER/bundle. The licences of what is bundled stand at the
// end of each script. The same sources give the same bytes.
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';

const folder = resolve(process.argv[2]);
const here = dirname(fileURLToPath(import.meta.url));
const {build} = createRequire(join(folder, 'package.json'))('esbuild');

const shared = {
    absWorkingDir: here,
    bundle: true,
    charset: 'ascii',
    legalComments: 'none', // gathered below, whole
    metafile: true,
    minify: true,
    nodePaths: [join(folder, 'node_modules')],
    write: false,
    logLevel: 'warning',
};

/** The names of the packages that went into a bundle. */
function packagesOf(metafile) {
    const names = new Set();
    for (const path of Object.keys(metafile.inputs)) {
        const found = path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/);
        if (found) names.add(found[1]);
    }
    return [...names].sort();
}

function licenceOf(name) {
    const at = join(folder, 'node_modules', name);
    const {version, license} = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8'));
    const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'LICENCE', 'license']
        .map((f) => join(at, f))
        .find((f) => existsSync(f));
    const text = file ? readFileSync(file, 'utf8').trim() : license;
    return {title: `${name} ${version}`, text};
}

/** One comment with every licence, each text once. */
function notices(metafile) {
    const titles = new Map();
    for (const {title, text} of packagesOf(metafile).map(licenceOf)) titles.set(text, [...(titles.get(text) ?? []), title]);
    const parts = [...titles].map(([text, of]) => `${of.join(', ')}\n\n${text}`);
    return `/*! What is bundled here, and its licences.\n\n${parts.join('\n\n')}\n*/\n`
        .replaceAll('</', '<\\/')
        .replace(/[^\n\x20-\x7e]/g, '?');
}

async function script(entry, options) {
    const {outputFiles, metafile} = await build({...shared, entryPoints: [entry], ...options});
    return outputFiles[0].text + notices(metafile).replace(/\*\/(?=.*\*\/)/gs, '* /');
}

mkdirSync(join(folder, 'bundle'), {recursive: true});
const style = await build({...shared, entryPoints: ['page/style.css'], charset: 'utf8'});
writeFileSync(join(folder, 'bundle', 'page.css'), style.outputFiles[0].text);
writeFileSync(join(folder, 'bundle', 'page.js'), await script('page/main.js', {format: 'iife', target: 'es2020'}));
writeFileSync(
    join(folder, 'bundle', 'figures.js'),
    await script('figures/main.js', {
        // Vega as browsers have it: as Node.js has it, it would look for a canvas
        format: 'esm',
        platform: 'browser',
        external: ['node:*'],
        target: 'node18',
    }),
);
