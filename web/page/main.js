// main.js: reads the data of the page and draws it.
// SPDX-License-Identifier: MIT
import {readable} from '../charts/readable.js';
import {h} from './dom.js';
import {reproducedPage} from './reproduced.js';
import {explorePage} from './explore.js';
import {resultsPage} from './results.js';
import {verifiedPage} from './verified.js';

const pages = {
    run: resultsPage,
    compare: resultsPage,
    verify: verifiedPage,
    reproduce: reproducedPage,
    explore: explorePage,
};

const place = document.getElementById('page');
try {
    const page = readable(JSON.parse(document.getElementById('data').textContent));
    place.replaceChildren(
        ...pages[page.kind](page)
            .flat(Infinity)
            .filter((child) => child != null && child !== false),
    );
    place.dataset.ready = 'true';
} catch (error) {
    document.getElementById('report').open = true; // the text needs no script
    place.replaceChildren(
        h('p', {class: 'error', role: 'alert'}, `This page cannot be drawn: ${error.message}. The report as text is below.`),
    );
}
