import { citationOf } from '../formats/citation.js';
import { bareDoi, citableUrl, landingPageOf, titleOf, type Work } from '../formats/work.js';
import { pathOf } from '../publications/addresses.js';
import { html } from '../site/html.js';
import { layout } from '../site/layout.js';
import type { Page } from '../site/page.js';
import { creatorList } from './people.js';
import { oneLine } from '../formats/plain-text.js';

/** What is left of a publication that was withdrawn. */
export function tombstonePage(page: Page, work: Work): string {
  const { texts, wording } = page;
  const { record } = work;
  const { withdrawnAt, reason, replacedBy } = record.tombstone ?? {
    withdrawnAt: work.datestamp.toISOString(),
    reason: '',
  };
  const replacement = replacedBy === undefined ? undefined : bareDoi(replacedBy);
  const main = html`<article class="work wrap">
    <div class="note stop" role="note">
      <p><strong>${texts.withdrawn}.</strong> ${texts.withdrawnNote}</p>
    </div>
    <header>
      <p class="meta"><span>${texts.withdrawnOn(wording.day(withdrawnAt))}</span></p>
      <h1 dir="auto">${oneLine(titleOf(work), 2000)}</h1>
      ${creatorList(page, record.resource.creators)}
      <p class="doi">
        ${record.registered ? html`<a href="${citableUrl(work)}">${citableUrl(work)}</a>` : html`${texts.doi}: <bdi>${record.doi}</bdi>`}
      </p>
    </header>
    <section class="card" aria-labelledby="reason">
      <h2 id="reason">${texts.reason}</h2>
      <p dir="auto" class="abstract">${reason === '' ? '–' : reason.slice(0, 5000)}</p>
    </section>
    ${
      replacedBy !== undefined &&
      html`<section class="card" aria-labelledby="replacement">
        <h2 id="replacement">${texts.replacement}</h2>
        <p>
          ${replacement === undefined ? html`<bdi>${replacedBy}</bdi>` : html`<a href="${page.link(pathOf(replacement, { kind: 'page' }))}"><bdi>https://doi.org/${replacement}</bdi></a>`}
        </p>
      </section> `
    }
    <section class="card" aria-labelledby="citation">
      <h2 id="citation">${texts.citationOfWithdrawn}</h2>
      <p dir="auto">${citationOf(work, 'apa')}</p>
    </section>
  </article> `;
  const head = html`<link rel="canonical" href="${landingPageOf(work)}" />
    <meta name="robots" content="noindex" />`;
  return layout(page, { title: `${texts.withdrawn}: ${oneLine(titleOf(work), 100)}`, head, main });
}

/** The same for programs. */
export function tombstoneJson(work: Work): object {
  const { doi, tombstone } = work.record;
  return {
    status: 410,
    error: 'withdrawn',
    doi,
    url: landingPageOf(work),
    title: titleOf(work),
    ...tombstone,
    citation: citationOf(work, 'apa'),
  };
}
