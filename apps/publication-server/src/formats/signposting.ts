import { formats } from './formats.js';
import { mediaTypeOf } from './media-types.js';
import { schemaOrgType } from './schema-org.js';
import {
  citableUrl,
  fileUrl,
  landingPageOf,
  licenceOf,
  uriOfPerson,
  type Work,
  type WorkFile,
} from './work.js';

/** Proxies choke on long headers: with more authors or files than this, only the link set names them. */
const maxInHeader = 5;
/** Up to here files link back in the link set too; they always do by themselves when they are fetched. */
const maxBacklinks = 1000;

export interface Target {
  readonly relation: string;
  readonly href: string;
  readonly type?: string;
  readonly profile?: string;
}

/** Links from the landing page that are the same at level 1 and 2: all but authors and files. */
function commonTargets(work: Work): Target[] {
  const page = landingPageOf(work);
  const licence = licenceOf(work)?.url;
  return [
    { relation: 'cite-as', href: citableUrl(work) },
    ...describing(work),
    { relation: 'type', href: 'https://schema.org/AboutPage' },
    {
      relation: 'type',
      href: `https://schema.org/${schemaOrgType(work.record.resource.types.resourceTypeGeneral)}`,
    },
    ...(licence !== undefined && URL.canParse(licence) ? [{ relation: 'license', href: licence }] : []),
    { relation: 'linkset', href: `${page}/linkset.json`, type: 'application/linkset+json' },
    { relation: 'linkset', href: `${page}/linkset.txt`, type: 'application/linkset' },
  ];
}

function describing(work: Work): Target[] {
  return formats
    .filter(({ use, name }) => use === 'metadata' || name === 'bibtex')
    .map(({ name, mediaTypes, profile }) => ({
      relation: 'describedby',
      href: `${landingPageOf(work)}/export/${name}`,
      type:
        name === 'dcat' ? 'application/ld+json' : name === 'dublin-core' ? 'application/xml' : mediaTypes[0],
      ...(profile === undefined ? {} : { profile }),
    }));
}

function authors(work: Work): Target[] {
  const uris = work.record.resource.creators.map(uriOfPerson).filter((uri) => uri !== undefined);
  return [...new Set(uris)].map((href) => ({ relation: 'author', href }));
}

function itemOf(work: Work, { path }: Pick<WorkFile, 'path'>): Target {
  return { relation: 'item', href: fileUrl(work, path), type: mediaTypeOf(path) };
}

/** Level 1: the value of the landing page's `Link` header. */
export function linkHeader(work: Work): string {
  const people = authors(work);
  const files = work.embargoedUntil === undefined ? (work.record.files?.count ?? 0) : 0;
  return [
    ...commonTargets(work),
    ...(people.length <= maxInHeader ? people : []),
    ...(files <= maxInHeader ? work.files.slice(0, files).map((file) => itemOf(work, file)) : []),
  ]
    .map((target) => linkValue(target))
    .join(', ');
}

/** The value of a `Link` header of a metadata format. */
export function describesHeader(work: Work): string {
  return linkValue({ relation: 'describes', href: landingPageOf(work) });
}

export function linkValue({ relation, href, type, profile }: Target, anchor?: string): string {
  const rest = [
    `rel="${relation}"`,
    ...(type === undefined ? [] : [`type="${type}"`]),
    ...(profile === undefined ? [] : [`profile="${profile}"`]),
    ...(anchor === undefined ? [] : [`anchor="${headerSafe(anchor)}"`]),
  ];
  return `<${headerSafe(href)}>; ${rest.join('; ')}`;
}

/** An address may have come from a person: a header holds ASCII, and nothing may close its brackets. */
function headerSafe(href: string): string {
  return encodeURI(href.replace(/\s/g, '%20'))
    .replace(/%25([0-9a-f]{2})/gi, '%$1')
    .replace(/[<>"]/g, encodeURIComponent);
}

/** Level 2 (RFC 9264) as JSON, in pieces: there may be a million files. */
export async function* linksetJson(
  work: Work,
  files: AsyncIterable<Pick<WorkFile, 'path'>>,
): AsyncIterable<string> {
  const page = landingPageOf(work);
  const relations = new Map<string, object[]>();
  for (const { relation, ...target } of [...commonTargets(work), ...authors(work)])
    if (relation !== 'linkset') relations.set(relation, [...(relations.get(relation) ?? []), target]);
  yield `{"linkset":[{"anchor":${JSON.stringify(page)},${[...relations].map(([name, targets]) => `${JSON.stringify(name)}:${JSON.stringify(targets)}`).join(',')}`;
  const hrefs: string[] = [];
  const remember = (work.record.files?.count ?? 0) <= maxBacklinks;
  let separator = ',"item":[';
  for await (const file of files) {
    const { relation: _, ...target } = itemOf(work, file);
    if (remember) hrefs.push(target.href);
    yield separator + JSON.stringify(target);
    separator = ',';
  }
  yield separator === ',' ? ']}' : '}';
  for (const href of hrefs)
    yield `,${JSON.stringify({ anchor: href, collection: [{ href: page, type: 'text/html' }] })}`;
  for (const { href } of describing(work))
    yield `,${JSON.stringify({ anchor: href, describes: [{ href: page, type: 'text/html' }] })}`;
  yield ']}\n';
}

/** The same links as text: one `Link` value after the other. */
export async function* linksetText(
  work: Work,
  files: AsyncIterable<Pick<WorkFile, 'path'>>,
): AsyncIterable<string> {
  const page = landingPageOf(work);
  const remember = (work.record.files?.count ?? 0) <= maxBacklinks;
  let separator = '';
  const line = (target: Target, anchor: string): string => {
    const text = `${separator}${linkValue(target, anchor)}`;
    separator = ',\n';
    return text;
  };
  for (const target of [...commonTargets(work), ...authors(work)])
    if (target.relation !== 'linkset') yield line(target, page);
  for await (const file of files) {
    const target = itemOf(work, file);
    yield line(target, page);
    if (remember) yield line({ relation: 'collection', href: page, type: 'text/html' }, target.href);
  }
  for (const { href } of describing(work))
    yield line({ relation: 'describes', href: page, type: 'text/html' }, href);
  yield '\n';
}
