import { xmlText } from '#datacite';
import type { Headers } from './file-headers.js';

/** A download that does not take place: status, a sentence for the reader, and where to go instead. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly more: {
      readonly headers?: Headers;
      /** Where the reader can go on. */
      readonly link?: { readonly url: string; readonly text: string };
      /** Facts for machines. */
      readonly facts?: Readonly<Record<string, unknown>>;
    } = {},
  ) {
    super(message);
  }
}

/** The refusal in the form the reader likes: a page for browsers, JSON for who asks for it, else a line of text. */
export function refusalBody(
  { status, message, more: { link, facts } }: Refusal,
  accept = '',
): { readonly type: string; readonly text: string } {
  if (/\bapplication\/(?:[\w.]+\+)?json\b/i.test(accept)) {
    const body = { status, message, ...facts, ...(link === undefined ? {} : { link: link.url }) };
    return { type: 'application/json; charset=utf-8', text: `${JSON.stringify(body)}\n` };
  }
  if (/\btext\/html\b/i.test(accept))
    return {
      type: 'text/html; charset=utf-8',
      text:
        `<!doctype html><html lang="en"><meta charset="utf-8"><title>${status}</title><main><p>${xmlText(message)}</p>` +
        `${link === undefined ? '' : `<p><a href="${xmlText(link.url)}">${xmlText(link.text)}</a></p>`}</main></html>\n`,
    };
  return {
    type: 'text/plain; charset=utf-8',
    text: `${message}${link === undefined ? '' : `\n${link.text}: ${link.url}`}\n`,
  };
}
