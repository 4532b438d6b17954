import { visible } from './plain-text.js';
import { abstractOf, citableUrl, nameParts, titleOf, type Work } from './work.js';

const risTypes: Readonly<Record<string, string>> = {
  Dataset: 'DATA',
  Software: 'COMP',
  Text: 'RPRT',
  JournalArticle: 'JOUR',
  Report: 'RPRT',
  Dissertation: 'THES',
  Image: 'FIGURE',
};
const endnoteTypes: Readonly<Record<string, string>> = {
  Dataset: 'Dataset',
  Software: 'Computer Program',
  JournalArticle: 'Journal Article',
  Report: 'Report',
  Text: 'Report',
  Dissertation: 'Thesis',
};

/** RIS as reference managers read it: lines `XX  - value`, ended by CRLF. */
export function risOf(work: Work): string {
  const { resource, doi, registered } = work.record;
  const issued = resource.dates?.find(({ dateType }) => dateType === 'Issued')?.date ?? '';
  const [, year, month = '', day = ''] = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?/.exec(issued) ?? [];
  return linesOf('  - ', [
    ['TY', risTypes[resource.types.resourceTypeGeneral] ?? 'GEN'],
    ...resource.creators.map((creator) => ['AU', nameOf(creator)] as const),
    ['TI', titleOf(work)],
    ['PY', String(resource.publicationYear)],
    ['DA', year === undefined ? '' : `${year}/${month}/${day}/`],
    ['PB', resource.publisher.name],
    ['ET', resource.version ?? ''],
    ['DO', registered ? doi : ''],
    ['UR', citableUrl(work)],
    ...(resource.subjects ?? []).map(({ subject }) => ['KW', subject] as const),
    ['AB', abstractOf(work) ?? ''],
    ['LA', resource.language ?? ''],
  ]).concat('ER  - \r\n');
}

/** The tagged format of EndNote and Refer: lines `%X value`. */
export function endnoteOf(work: Work): string {
  const { resource, doi, registered } = work.record;
  return linesOf(' ', [
    ['%0', endnoteTypes[resource.types.resourceTypeGeneral] ?? 'Generic'],
    ...resource.creators.map((creator) => ['%A', nameOf(creator)] as const),
    ['%T', titleOf(work)],
    ['%D', String(resource.publicationYear)],
    ['%I', resource.publisher.name],
    ['%7', resource.version ?? ''],
    ['%R', registered ? doi : ''],
    ['%U', citableUrl(work)],
    ...(resource.subjects ?? []).map(({ subject }) => ['%K', subject] as const),
    ['%X', abstractOf(work) ?? ''],
    ['%G', resource.language ?? ''],
  ]).concat('\r\n');
}

/** An organisation ends with a comma where the format would otherwise look for a given name. */
function nameOf(creator: Work['record']['resource']['creators'][number]): string {
  const { family, given, organisation } = nameParts(creator);
  if (given !== undefined && given !== '') return `${family}, ${given}`;
  return organisation && family.includes(' ') ? `${family},` : family;
}

function linesOf(separator: string, pairs: readonly (readonly [string, string])[]): string {
  return pairs
    .map(([tag, text]) => [tag, visible(text.replace(/\s+/g, ' ')).trim()] as const)
    .filter(([, text]) => text !== '')
    .map(([tag, text]) => `${tag}${separator}${text}\r\n`)
    .join('');
}
