import { citationOf, citationStyleNames, citationStyles } from '../formats/citation.js';
import { formats } from '../formats/formats.js';
import type { Work } from '../formats/work.js';
import { pathOf } from '../publications/addresses.js';
import { html, trusted, type Html } from '../site/html.js';
import type { Page } from '../site/page.js';

/** The citation in every style: the choice works without script. */
export function citationCard({ texts }: Page, work: Work): Html {
  return html`<section class="card cite" aria-labelledby="cite">
    <h2 id="cite">${texts.cite}</h2>
    <fieldset>
      <legend>${texts.citeStyle}</legend>
      ${citationStyles.map(
        (style, index) =>
          html`<input
              type="radio"
              name="style"
              id="cite-${style}"
              ${index === 0 && trusted(' checked')}
            /><label for="cite-${style}">${citationStyleNames[style]}</label> `,
      )}
    </fieldset>
    <div class="citation">
      <div>
        ${citationStyles.map(
          (style) => html`<p class="text ${style}" dir="auto">${citationOf(work, style)}</p> `,
        )}
      </div>
      <button class="button quiet" type="button" hidden data-copy=".cite .text" data-done="${texts.copied}">
        ${texts.copy}
      </button>
    </div>
  </section> `;
}

export function exportCard({ site, texts }: Page, { record }: Work): Html {
  const links = (use: 'citation' | 'metadata'): Html[] =>
    formats
      .filter((format) => format.use === use && format.name !== 'citation')
      .map(
        ({ name, title }) =>
          html`<li>
            <a href="${site.base}${pathOf(record.doi, { kind: 'export', format: name })}">${title}</a>
          </li>`,
      );
  return html`<section class="card" aria-labelledby="export">
    <h2 id="export">${texts.exports}</h2>
    <div class="exports">
      <div>
        <h3>${texts.exportCitation}</h3>
        <ul class="plain">
          ${links('citation')}
        </ul>
      </div>
      <div>
        <h3>${texts.exportMetadata}</h3>
        <ul class="plain">
          ${links('metadata')}
        </ul>
      </div>
    </div>
  </section> `;
}
