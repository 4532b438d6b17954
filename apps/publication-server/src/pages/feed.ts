import { abstractOf, landingPageOf, titleOf } from '../formats/work.js';
import { visible, oneLine } from '../formats/plain-text.js';
import type { Hit } from './search.service.js';
import type { Site } from '../site/site.service.js';

const maxNames = 20;

/**
 * An Atom feed (RFC 4287) of some publications.
 *
 * @param since when nothing was found: since when that is so at the latest
 */
export function atomFeed(
  site: Site,
  { search, words }: { readonly search: string; readonly words: string },
  hits: readonly Hit[],
  since: Date,
): string {
  const query = search === '' ? '' : `?${search}`;
  const times = hits.map(({ datestamp }) => datestamp.getTime());
  const updated = times.length === 0 ? since.getTime() : Math.max(...times);
  const entries = hits.map((hit) => {
    const url = landingPageOf({ record: hit.record, catalogue: site.catalogue });
    const { creators } = hit.record.resource;
    return `<entry>
<id>${xml(url)}</id>
<title>${xml(oneLine(titleOf(hit), 500))}</title>
<link rel="alternate" type="text/html" href="${xml(url)}"/>
<published>${new Date(hit.record.publishedAt).toISOString()}</published>
<updated>${hit.datestamp.toISOString()}</updated>
${creators
  .slice(0, maxNames)
  .map(({ name }) => `<author><name>${xml(oneLine(name, 200))}</name></author>\n`)
  .join('')}<summary>${xml(oneLine(abstractOf(hit) ?? titleOf(hit), 1000))}</summary>
</entry>
`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<id>${xml(`${site.url}/feed.atom${query}`)}</id>
<title>${xml(words === '' ? site.theme.name : `${site.theme.name}: ${words}`)}</title>
<subtitle>${xml(site.theme.tagline)}</subtitle>
<link rel="self" type="application/atom+xml" href="${xml(`${site.url}/feed.atom${query}`)}"/>
<link rel="alternate" type="text/html" href="${xml(`${site.url}/${query}`)}"/>
<author><name>${xml(site.theme.name)}</name></author>
<updated>${new Date(updated).toISOString()}</updated>
${entries.join('')}</feed>
`;
}

export function xml(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
