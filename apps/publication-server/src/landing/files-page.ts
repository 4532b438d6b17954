import type { StoredFile } from '../persistence/records.js';
import { titleOf } from '../formats/work.js';
import { pathOf } from '../publications/addresses.js';
import { filesTable } from './files-table.js';
import { html, type Html } from '../site/html.js';
import { layout } from '../site/layout.js';
import type { Page } from '../site/page.js';
import { oneLine } from '../formats/plain-text.js';
import { filesOfList, type Found } from '../publications/publications.service.js';

/** One page of the list of files. `number` counts from 1. */
export function filesPage(
  page: Page,
  stored: Found,
  files: readonly StoredFile[],
  number: number,
  linked: boolean,
): string {
  const { texts, wording } = page;
  const { doi, files: list } = stored.record;
  const count = list?.count ?? 0;
  const last = Math.max(1, Math.ceil(count / filesOfList));
  const from = (number - 1) * filesOfList;
  const address = (to: number): string =>
    page.link(pathOf(doi, { kind: 'files' }), to === 1 ? '' : `page=${to}`);
  const step = (to: number, text: string, rel: string): Html =>
    to >= 1 && to <= last
      ? html`<a class="button quiet" rel="${rel}" href="${address(to)}">${text}</a>`
      : html`<span></span>`;
  const title = titleOf(stored);
  const main = html`<div class="work wrap">
    <header>
      <p><a href="${page.link(pathOf(doi, { kind: 'page' }))}">${texts.backToPublication}</a></p>
      <h1>${texts.files}</h1>
      <p dir="auto">${oneLine(title, 300)}</p>
    </header>
    <section class="card" aria-label="${texts.files}">
      <p class="soft">
        ${texts.filesFromTo(wording.number(Math.min(from + 1, count)), wording.number(Math.min(from + filesOfList, count)), wording.number(count))}
      </p>
      ${filesTable(page, doi, files, linked)}${
        last > 1 &&
        html`<nav class="pager" aria-label="${texts.pages}">
          ${step(number - 1, texts.previous, 'prev')}
          <span>${texts.pageOf(wording.number(number), wording.number(last))}</span>
          ${step(number + 1, texts.next, 'next')}
        </nav> `
      }
    </section>
  </div> `;
  return layout(page, {
    title: `${texts.files}: ${oneLine(title, 100)}`,
    head: html`<meta name="robots" content="noindex,follow" />`,
    main,
  });
}
