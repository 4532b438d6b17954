import { abstractOf, extentOf, nameParts, titleOf } from '../formats/work.js';
import { pathOf } from '../publications/addresses.js';
import { searchForm } from '../site/error-page.js';
import { html, nothing, trusted, type Html } from '../site/html.js';
import { wordFor } from '../site/language.js';
import { absolute, layout } from '../site/layout.js';
import type { Page } from '../site/page.js';
import { oneLine } from '../formats/plain-text.js';
import {
  facets,
  hitsOfPage,
  maxPages,
  parametersOf,
  type Facet,
  type Hit,
  type Overview,
  type Query,
} from './search.service.js';

const maxNames = 6;
/** Groups of filters that are open at first. */
const openFacets: readonly Facet[] = ['year', 'instrument', 'technique'];

export function homePage(page: Page, query: Query, hits: readonly Hit[], overview: Overview): string {
  const { texts, site, wording } = page;
  const active = facets.filter((facet) => query.filters[facet] !== undefined);
  const searching = query.words !== '' || active.length > 0;
  const kept = active.map((facet) => [facet, query.filters[facet] as string] as const);
  const count = wording.number(overview.total);
  const main = html`<div class="hero">
      <div class="wrap">
        <h1>${site.theme.tagline}</h1>
        ${searchForm(page, query.words, kept)}
      </div>
    </div>
    <div class="wrap browse">
      <aside class="facets" aria-labelledby="filters">
        <h2 id="filters">${texts.filters}</h2>
        ${active.length > 0 && html`<p><a href="${page.link('/', parametersOf({ ...query, filters: {}, page: 1 }))}">${texts.removeAll}</a></p>`}
        ${facets.map((facet) => facetList(page, query, facet, overview))}
      </aside>
      <section aria-labelledby="list">
        <div class="listhead">
          <h2 id="list">${searching ? texts.results : texts.newest}</h2>
          <a class="jump" href="#filters">${texts.filters}</a>
          <p>${overview.more ? texts.foundMore(count) : texts.found(count, overview.total === 1)}</p>
        </div>
        ${
          hits.length === 0
            ? html`<p>
                ${query.page > 1 ? texts.tooFar : searching ? texts.nothingFound : texts.nothingYet}
              </p>`
            : html`<ol class="hits">
                ${hits.map((hit) => hitOf(page, hit))}
              </ol>`
        }
        ${pager(page, query, hits.length, overview)}
      </section>
    </div> `;
  const self = parametersOf(query).toString();
  const feed = parametersOf({ ...query, page: 1 }).toString();
  const head = html`${
      searching || query.page > 1
        ? html`<meta name="robots" content="noindex,follow" />`
        : html`<link rel="canonical" href="${site.url}/" />
            <meta name="description" content="${site.theme.tagline}" />
            <meta property="og:title" content="${site.theme.name}" /><meta
              property="og:type"
              content="website"
            /><meta property="og:url" content="${site.url}/" />`
    }
    <link
      rel="alternate"
      type="application/atom+xml"
      href="${site.base}/feed.atom${feed === '' ? '' : `?${feed}`}"
      title="${texts.feed}"
    />
    <link
      rel="alternate"
      type="application/json"
      href="${absolute(page, `${site.base}/${self === '' ? '' : `?${self}`}`)}"
    />`;
  const title = query.words === '' ? site.theme.name : `${query.words} – ${texts.results}`;
  return layout(page, { title, head, main });
}

function facetList(page: Page, query: Query, facet: Facet, overview: Overview): Html {
  const { texts, wording } = page;
  const chosen = query.filters[facet];
  const values = overview.facets[facet];
  // A value that was chosen is shown even if nothing has it: it must be removable.
  const shown =
    chosen !== undefined && !values.some(({ value }) => value === chosen)
      ? [{ value: chosen, count: 0 }, ...values]
      : values;
  if (shown.length === 0) return nothing;
  const name = (value: string): string =>
    facet === 'type'
      ? wordFor(texts.types, value)
      : facet === 'licence'
        ? value.toUpperCase()
        : oneLine(value, 80);
  return html`<details${(chosen !== undefined || openFacets.includes(facet)) && trusted(' open')}><summary>${texts.facets[facet]}</summary>
<ul>
${shown.map(({ value, count }) => {
  const { [facet]: _, ...others } = query.filters;
  const active = value === chosen;
  const filters = active ? others : { ...others, [facet]: value };
  return html`<li>
    <a
      href="${page.link('/', parametersOf({ ...query, filters, page: 1 }))}"
      ${active && trusted(' aria-current="true"')}
      ><span
        >${active && html`<span class="hidden">${texts.removeFilter('')}</span>× `}<bdi
          >${name(value)}</bdi
        ></span
      ><span>${wording.number(count)}</span></a
    >
  </li> `;
})}</ul></details>
`;
}

function hitOf(page: Page, { record }: Hit): Html {
  const { texts, wording, site } = page;
  const { resource, doi, publishedAt, pictures } = record;
  const address = page.link(pathOf(doi, { kind: 'page' }));
  const names = resource.creators.slice(0, maxNames).map((creator) => {
    const { family, given } = nameParts(creator);
    return html`<bdi>${oneLine(given === undefined ? family : `${given} ${family}`, 100)}</bdi>`;
  });
  const more = resource.creators.length - names.length;
  const { files, bytes } = extentOf({ record });
  const picture = pictures[0];
  const abstract = oneLine(abstractOf({ record }) ?? '', 240);
  return html`<li class="hit">
    <div>
      <h3>
        <a href="${address}" dir="auto"><bdi>${oneLine(titleOf({ record }), 300)}</bdi></a>
      </h3>
      <p class="small">
        ${names.map((name, index) => html`${index > 0 && ', '}${name}`)}${more > 0 && html` ${texts.andMore(wording.number(more))}`}
      </p>
      ${abstract !== '' && html`<p class="small soft" dir="auto">${abstract}</p>`}
      <p class="meta">
        <span class="tag">${wordFor(texts.types, resource.types.resourceTypeGeneral)}</span
        ><time datetime="${publishedAt}">${wording.day(publishedAt)}</time>${
          files > 0 &&
          html`<span>${texts.fileCount(wording.number(files), files === 1)}, ${wording.bytes(bytes)}</span>`
        }<span><bdi>${doi}</bdi></span>
      </p>
    </div>
    ${picture !== undefined && html`<img class="thumb" src="${site.base}${pathOf(doi, { kind: 'picture', name: picture.name })}" alt="" loading="lazy" width="120" height="90" />`}
  </li> `;
}

function pager(page: Page, query: Query, shown: number, { total, more }: Overview): Html {
  const { texts, wording } = page;
  const last = Math.min(maxPages, Math.max(query.page, Math.ceil(total / hitsOfPage)));
  if (query.page === 1 && total <= hitsOfPage) return nothing;
  const step = (to: number, text: string, rel: string): Html =>
    html`<a class="button quiet" rel="${rel}" href="${page.link('/', parametersOf({ ...query, page: to }))}"
      >${text}</a
    >`;
  return html`<nav class="pager" aria-label="${texts.pages}">
      ${query.page > 1 ? step(query.page - 1, texts.previous, 'prev') : html`<span></span>`}
      <span>${texts.pageOf(wording.number(query.page), wording.number(last))}</span>
      ${query.page < last && shown === hitsOfPage ? step(query.page + 1, texts.next, 'next') : html`<span></span>`}
    </nav>
    ${query.page === maxPages && (more || total > maxPages * hitsOfPage) && html`<p class="soft">${texts.tooFar}</p>`}`;
}
