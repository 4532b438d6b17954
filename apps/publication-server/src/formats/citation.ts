import { visible } from './plain-text.js';
import { citableUrl, nameParts, titleOf, type NameParts, type Work } from './work.js';

/** Styles a citation is offered in; the names are those of the Citation Style Language where it has one. */
export const citationStyles = ['apa', 'chicago', 'harvard', 'ieee', 'vancouver', 'mla', 'datacite'] as const;
export type CitationStyle = (typeof citationStyles)[number];

export const citationStyleNames: Readonly<Record<CitationStyle, string>> = {
  apa: 'APA',
  chicago: 'Chicago',
  harvard: 'Harvard',
  ieee: 'IEEE',
  vancouver: 'Vancouver',
  mla: 'MLA',
  datacite: 'DataCite',
};

interface Parts {
  readonly names: readonly NameParts[];
  readonly year: string;
  readonly title: string;
  readonly version?: string;
  readonly kind: string;
  readonly publisher: string;
  readonly url: string;
}

/** One citation as plain text, in English as the styles are. */
export function citationOf(work: Work, style: CitationStyle): string {
  const { resource } = work.record;
  const parts: Parts = {
    names: resource.creators.map(nameParts),
    year: String(resource.publicationYear),
    title: titleOf(work).replace(/\s+/g, ' ').trim().replace(/\.$/, ''),
    ...(resource.version === undefined || resource.version === '' ? {} : { version: resource.version }),
    kind: resource.types.resourceTypeGeneral.replace(/([a-z])([A-Z])/g, '$1 $2'),
    publisher: resource.publisher.name,
    url: citableUrl(work),
  };
  return visible(styles[style](parts).replace(/\s+/g, ' ')).replace(/([.?!])\.(?=\s)/g, '$1');
}

export function isCitationStyle(text: string): text is CitationStyle {
  return citationStyles.some((style) => style === text);
}

const styles: Readonly<Record<CitationStyle, (parts: Parts) => string>> = {
  apa: ({ names, year, title, version, kind, publisher, url }) =>
    `${apaNames(names)} (${year}). ${title}${version === undefined ? '' : ` (Version ${version})`} [${kind === 'Dataset' ? 'Data set' : kind}]. ${publisher}. ${url}`,
  chicago: ({ names, year, title, version, kind, publisher, url }) =>
    `${chicagoNames(names)} ${year}. “${title}.” ${version === undefined ? '' : `Version ${version}. `}${kind}. ${publisher}. ${url}.`,
  harvard: ({ names, year, title, version, kind, publisher, url }) =>
    `${list(names.map(initialsAfter), ' and ', 3, ' et al.')} (${year}) ‘${title}’${version === undefined ? '' : `, version ${version}`} [${kind}]. ${publisher}. Available at: ${url}.`,
  ieee: ({ names, year, title, version, kind, publisher, url }) =>
    `${list(names.map(initialsBefore), ' and ', 6, ' et al.', ', and ')}, “${title},”${version === undefined ? '' : ` version ${version},`} ${publisher}, ${year}. [${kind}]. ${url.startsWith('https://doi.org/') ? `doi: ${url.slice(16)}` : `Available: ${url}`}.`,
  vancouver: ({ names, year, title, version, kind, publisher, url }) =>
    `${vancouverNames(names)}. ${title} [${kind.toLowerCase()}]. ${version === undefined ? '' : `Version ${version}. `}${publisher}; ${year}. Available from: ${url}`,
  mla: ({ names, year, title, version, publisher, url }) =>
    `${mlaNames(names)} “${title}.” ${version === undefined ? '' : `Version ${version}, `}${publisher}, ${year}, ${url}.`,
  datacite: ({ names, year, title, version, kind, publisher, url }) =>
    `${names.map(({ family, given }) => (given === undefined ? family : `${family}, ${given}`)).join('; ')} (${year}): ${title}. ${version === undefined ? '' : `${version}. `}${publisher}. ${kind}. ${url}`,
};

/** `A. B.`, `J.-P.` */
function initials(given: string, dot = '.', between = ' '): string {
  return given
    .split(/\s+/)
    .filter((part) => part !== '')
    .map((part) =>
      part
        .split('-')
        .map((half) => ([...half][0] ?? '') + dot)
        .join('-'),
    )
    .join(between);
}

function initialsAfter({ family, given }: NameParts): string {
  return given === undefined || given === '' ? family : `${family}, ${initials(given)}`;
}

function initialsBefore({ family, given }: NameParts): string {
  return given === undefined || given === '' ? family : `${initials(given)} ${family}`;
}

function inOrder({ family, given }: NameParts): string {
  return given === undefined || given === '' ? family : `${given} ${family}`;
}

function inverted({ family, given }: NameParts): string {
  return given === undefined || given === '' ? family : `${family}, ${given}`;
}

/** Names joined; beyond `most` only the first is left. */
function list(names: readonly string[], last: string, most: number, more: string, lastOfMany = last): string {
  if (names.length > most) return `${names[0]}${more}`;
  if (names.length < 2) return names[0] ?? '';
  return `${names.slice(0, -1).join(', ')}${names.length === 2 ? last : lastOfMany}${names.at(-1)}`;
}

function apaNames(names: readonly NameParts[]): string {
  const all = names.map(initialsAfter);
  if (all.length > 20) return `${all.slice(0, 19).join(', ')}, … ${all.at(-1)}`;
  if (all.length < 2) return all[0] ?? '';
  return `${all.slice(0, -1).join(', ')}, & ${all.at(-1)}`;
}

function chicagoNames(names: readonly NameParts[]): string {
  const all = names.map((name, index) => (index === 0 ? inverted(name) : inOrder(name)));
  if (all.length > 10) return `${all.slice(0, 7).join(', ')}, et al.`;
  return `${list(all, ', and ', 10, '')}.`;
}

function mlaNames(names: readonly NameParts[]): string {
  const all = names.map((name, index) => (index === 0 ? inverted(name) : inOrder(name)));
  return `${list(all, ', and ', 2, ', et al')}.`;
}

function vancouverNames(names: readonly NameParts[]): string {
  const all = names.map(({ family, given }) =>
    given === undefined || given === '' ? family : `${family} ${initials(given, '', '').replaceAll('-', '')}`,
  );
  return all.length > 6 ? `${all.slice(0, 6).join(', ')}, et al` : all.join(', ');
}
