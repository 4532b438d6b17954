import { html } from '../site/html.js';
import { layout, mailLink } from '../site/layout.js';
import type { Page } from '../site/page.js';

export function aboutPage(page: Page): string {
  const { texts, site } = page;
  const { theme, base } = site;
  const main = html`<div class="wrap narrow">
    <h1>${texts.aboutTitle}</h1>
    <h2>${texts.aboutWhat}</h2>
    <p>${texts.aboutWhatText(theme.name)}</p>
    <h2>${texts.aboutUse}</h2>
    <p>${texts.aboutUseText}</p>
    <h2>${texts.aboutMachines}</h2>
    <p>${texts.aboutMachinesText}</p>
    <ul>
      <li><a href="${base}/oai?verb=Identify">${texts.oai}</a></li>
      <li><a href="${base}/sitemap.xml">${texts.sitemap}</a></li>
      <li><a href="${base}/feed.atom">${texts.feed}</a></li>
    </ul>
    <h2>${texts.aboutPrivacy}</h2>
    <p>${texts.aboutPrivacyText}</p>
    ${
      theme.contact !== undefined &&
      html`<h2>${texts.contact}</h2>
        <p>${mailLink(theme.contact)}</p>`
    }
  </div> `;
  const head = html`<link rel="canonical" href="${site.url}/about" />`;
  return layout(page, { title: texts.aboutTitle, head, main });
}
