import { html, type Value } from './html.js';
import { layout } from './layout.js';
import type { Page } from './page.js';

/** A page for what went wrong, with a way on. */
export function errorPage(page: Page, status: number, details?: Value): string {
  const { texts } = page;
  const [title, explanation] = texts.errors[status] ?? texts.errors[status < 500 ? 400 : 500] ?? ['', ''];
  const main = html`<div class="wrap narrow">
    <p class="soft">${status}</p>
    <h1>${title}</h1>
    <p>${explanation}</p>
    ${details} ${searchForm(page, '')}
    <p><a href="${page.link('/')}">${texts.home}</a></p>
  </div> `;
  return layout(page, { title, head: html`<meta name="robots" content="noindex" />`, main });
}

export function searchForm(
  page: Page,
  words: string,
  kept: readonly (readonly [string, string])[] = [],
): Value {
  const { texts, site, language, chosen } = page;
  return html`<form class="search" role="search" action="${site.base}/" method="get">
      ${kept.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}${chosen && html`<input type="hidden" name="lang" value="${language}" />`}
      <input
        type="search"
        name="q"
        value="${words}"
        maxlength="300"
        aria-label="${texts.searchLabel}"
        aria-describedby="search-hint"
      />
      <button class="button" type="submit">${texts.search}</button>
    </form>
    <p class="hint" id="search-hint">${texts.searchHint}</p> `;
}
