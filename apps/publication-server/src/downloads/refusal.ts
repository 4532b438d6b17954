import { html } from '../site/html.js';
import { layout } from '../site/layout.js';
import type { Page } from '../site/page.js';
import { english, type Texts } from '../site/texts-en.js';
import type { Headers } from './file-headers.js';

type Reason = keyof Texts['refusals'];

interface Details {
  /** What the sentence speaks of: a number, a name, a day as ISO 8601. */
  readonly value?: string;
  readonly headers?: Headers;
  /** Where the reader can go on. */
  readonly link?: { readonly url: string; readonly to: keyof Texts['refusalLinks'] };
  /** Facts for machines. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** A download that does not take place: status, a sentence for the reader, and where to go instead. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly reason: Reason,
    readonly details: Details = {},
  ) {
    super(english.refusals[reason](details.value ?? ''));
  }
}

/** The refusal for programs: JSON for who asks for it, else a line of text. */
export function refusalBody(
  { status, message, details: { link, facts } }: Refusal,
  accept = '',
): { readonly type: string; readonly text: string } {
  if (/\bapplication\/(?:[\w.]+\+)?json\b/i.test(accept)) {
    const body = { status, message, ...facts, ...(link === undefined ? {} : { link: link.url }) };
    return { type: 'application/json; charset=utf-8', text: `${JSON.stringify(body)}\n` };
  }
  return {
    type: 'text/plain; charset=utf-8',
    text: `${message}${link === undefined ? '' : `\n${english.refusalLinks[link.to]}: ${link.url}`}\n`,
  };
}

/** The refusal for people, in their language. */
export function refusalPage(page: Page, { reason, details: { value = '', link } }: Refusal): string {
  const { texts, wording } = page;
  const shown = reason === 'embargoed' ? wording.end(value, page.site.embargoTimeZone) : value;
  const main = html`<div class="wrap narrow">
    <h1>${texts.refusalTitle}</h1>
    <p>${texts.refusals[reason](shown)}</p>
    ${link !== undefined && html`<p><a class="button" href="${link.url}">${texts.refusalLinks[link.to]}</a></p>`}
    <p><a href="${page.link('/')}">${texts.home}</a></p>
  </div> `;
  return layout(page, {
    title: texts.refusalTitle,
    head: html`<meta name="robots" content="noindex" />`,
    main,
  });
}
