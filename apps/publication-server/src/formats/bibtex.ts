import { visible } from './plain-text.js';
import { abstractOf, citableUrl, licenceOf, nameParts, titleOf, type Work } from './work.js';

/** One BibTeX entry. Values are UTF-8; only what BibTeX itself would act on is escaped. */
export function bibtexOf(work: Work): string {
  const { resource } = work.record;
  const kind = resource.types.resourceTypeGeneral;
  const fields: (readonly [string, string | undefined])[] = [
    ['author', resource.creators.map((creator) => authorOf(creator)).join(' and ')],
    ['title', `{${value(titleOf(work))}}`],
    ['year', String(resource.publicationYear)],
    ['publisher', value(resource.publisher.name)],
    ['version', resource.version && value(resource.version)],
    ['howpublished', value(kind.replace(/([a-z])([A-Z])/g, '$1 $2'))],
    ['doi', work.record.registered ? address(work.record.doi) : undefined],
    ['url', address(citableUrl(work))],
    ['keywords', (resource.subjects ?? []).map(({ subject }) => value(subject)).join(', ') || undefined],
    ['copyright', value(licenceOf(work)?.name ?? '') || undefined],
    ['language', resource.language && value(resource.language)],
    ['abstract', value(abstractOf(work) ?? '') || undefined],
  ];
  const lines = fields
    .filter(([, text]) => text !== undefined && text !== '')
    .map(([name, text]) => `  ${name} = {${text}}`);
  return `@${kind === 'Software' ? 'software' : 'misc'}{${keyOf(work)},\n${lines.join(',\n')}\n}\n`;
}

function authorOf(creator: Work['record']['resource']['creators'][number]): string {
  const { family, given, organisation } = nameParts(creator);
  if (organisation || given === undefined || given === '') return `{${value(family)}}`;
  return `${protectedName(family)}, ${protectedName(given)}`;
}

/** A name with a comma or the word "and" in it would be taken for two. */
function protectedName(name: string): string {
  const text = value(name);
  return /,|\sand\s/i.test(text) ? `{${text}}` : text;
}

function keyOf({ record }: Work): string {
  return record.doi.replace(/[^A-Za-z0-9./_:-]/g, '-');
}

const special: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  '%': '\\%',
  '#': '\\#',
  $: '\\$',
  '&': '\\&',
  _: '\\_',
  '^': '\\textasciicircum{}',
  '~': '\\textasciitilde{}',
};

function value(text: string): string {
  return visible(text.replace(/\s+/g, ' '))
    .trim()
    .replace(/[\\{}%#$&_^~]/g, (character) => special[character] as string);
}

/** BibTeX takes these fields as they are (verbatim): an escape would become part of the address. Only braces must pair. */
function address(text: string): string {
  return visible(text)
    .replace(/\s+/g, '')
    .replace(/[\\{}]/g, encodeURIComponent);
}
