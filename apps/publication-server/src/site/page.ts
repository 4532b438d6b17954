import type { FastifyRequest } from 'fastify';
import { languageFor, languages, textsOf, wordingOf, type Language, type Wording } from './language.js';
import type { Site } from './site.service.js';
import type { Texts } from './texts-en.js';

/** What a page needs to know of the request it answers. */
export interface Page {
  readonly site: Site;
  readonly language: Language;
  readonly texts: Texts;
  readonly wording: Wording;
  /** The language was chosen by the address: links keep it. */
  readonly chosen: boolean;
  /** Its own path as the public sees it, and its query without the language. */
  readonly path: string;
  readonly query: string;
  /** An address on this site, in the language of this page. */
  link(path: string, query?: URLSearchParams | string): string;
}

export function pageFor(site: Site, request: Pick<FastifyRequest, 'raw' | 'headers'>): Page {
  const { path, query } = addressOf(request);
  const asked = query.get('lang') ?? undefined;
  const language = languageFor(asked, request.headers['accept-language']);
  const chosen = languages.some((one) => one === asked);
  query.delete('lang');
  return {
    site,
    language,
    texts: textsOf[language],
    wording: wordingOf[language],
    chosen,
    path,
    query: query.toString(),
    link: (target, more = '') => {
      const search = new URLSearchParams(more);
      if (chosen) search.set('lang', language);
      const text = search.toString();
      return `${site.base}${target}${text === '' ? '' : `?${text}`}`;
    },
  };
}

/** Path (as sent, still encoded) and query of a request. */
export function addressOf({ raw }: Pick<FastifyRequest, 'raw'>): { path: string; query: URLSearchParams } {
  const address = raw.url ?? '/';
  const mark = address.indexOf('?');
  const path = mark === -1 ? address : address.slice(0, mark);
  return { path, query: new URLSearchParams(mark === -1 ? '' : address.slice(mark + 1)) };
}

/** This page in another language. */
export function inLanguage({ site, path, query }: Page, language: Language): string {
  const search = new URLSearchParams(query);
  search.set('lang', language);
  return `${site.base}${path}?${search.toString()}`;
}
