import { html, trusted, type Html, type Value } from './html.js';
import { languages, textsOf } from './language.js';
import { inLanguage, type Page } from './page.js';
import { oneLine } from '../formats/plain-text.js';

export interface Content {
  /** Any length. */
  readonly title: string;
  /** Elements of the head beside those of every page. */
  readonly head?: Value;
  readonly main: Value;
}

const longestTitle = 150;

/** A whole page. */
export function layout(page: Page, { title, head, main }: Content): string {
  const { site, texts, language } = page;
  const { theme, assets } = site;
  const logo = assets.logo === undefined ? undefined : site.assetPath(assets.logo);
  const fullTitle = title === theme.name ? title : `${oneLine(title, longestTitle)} – ${theme.name}`;
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${fullTitle}</title>
        <link rel="stylesheet" href="${site.assetPath(assets.style)}" />
        <link rel="icon" href="${site.assetPath(assets.icon)}" type="image/svg+xml" />
        <meta name="theme-color" content="${theme.colour}" />
        ${languages.map(
          (other) =>
            html`<link
              rel="alternate"
              hreflang="${other}"
              href="${absolute(page, inLanguage(page, other))}"
            /> `,
        )}${head}
        <script src="${site.assetPath(assets.script)}" defer></script>
      </head>
      <body>
        <a class="skip" href="#content">${texts.skip}</a>
        <header class="top">
          <div class="wrap">
            <a class="brand" href="${page.link('/')}"
              >${logo && html`<img src="${logo}" alt="" />`}<span>${theme.name}</span></a
            >
            <nav aria-label="${texts.siteNavigation}">
              <a href="${page.link('/about')}" ${page.path === '/about' && trusted(' aria-current="page"')}
                >${texts.about}</a
              >
              ${theme.links.map(({ text, url }) => html`<a href="${url}">${text}</a> `)}${languages
                .filter((other) => other !== language)
                .map(
                  (other) =>
                    html`<a href="${inLanguage(page, other)}" hreflang="${other}" lang="${other}"
                      >${textsOf[other].languageName}</a
                    > `,
                )}
            </nav>
          </div>
        </header>
        <main id="content" tabindex="-1">${main}</main>
        <footer class="bottom">
          <div class="wrap">
            <ul>
              <li><a href="${page.link('/')}">${texts.home}</a></li>
              <li><a href="${page.link('/about')}">${texts.about}</a></li>
              <li><a href="${site.base}/feed.atom">${texts.feed}</a></li>
              <li><a href="${site.base}/oai?verb=Identify">${texts.oai}</a></li>
              ${theme.contact !== undefined && html`<li>${mailLink(theme.contact, texts.contact)}</li>`}
            </ul>
            <p>${texts.footerNote}</p>
          </div>
        </footer>
      </body>
    </html> `.markup;
}

/** An address for mail that simple collectors of addresses do not see. */
export function mailLink(address: string, text?: string, subject?: string): Html {
  const hide = (plain: string): string =>
    [...plain].map((character) => `&#${character.codePointAt(0)};`).join('');
  const query = subject === undefined ? '' : `?subject=${encodeURIComponent(subject)}`;
  return html`<a href="${trusted(hide(`mailto:${address}${query}`))}">${text ?? trusted(hide(address))}</a>`;
}

/** With the origin in front: paths of pages carry the base already. */
export function absolute({ site }: Page, path: string): string {
  return `${new URL(site.url).origin}${path}`;
}
