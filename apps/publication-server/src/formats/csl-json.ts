import type { Person } from '#datacite';
import { abstractOf, citableUrl, licenceOf, nameParts, titleOf, type Work } from './work.js';

const cslTypes: Readonly<Record<string, string>> = {
  Dataset: 'dataset',
  Collection: 'dataset',
  Software: 'software',
  JournalArticle: 'article-journal',
  Report: 'report',
  Text: 'document',
  Dissertation: 'thesis',
  Image: 'graphic',
  Audiovisual: 'motion_picture',
};

/** One item of the Citation Style Language's JSON. */
export function cslJsonOf(work: Work): object {
  const { resource, doi, registered } = work.record;
  const licence = licenceOf(work);
  const named = (people: readonly Person[]): object[] =>
    people.map((person) => {
      const { family, given, organisation } = nameParts(person);
      return organisation || given === undefined ? { literal: family } : { family, given };
    });
  return {
    id: citableUrl(work),
    type: cslTypes[resource.types.resourceTypeGeneral] ?? 'document',
    title: titleOf(work),
    author: named(resource.creators),
    issued: { 'date-parts': [issuedOf(work)] },
    publisher: resource.publisher.name,
    ...(registered ? { DOI: doi } : {}),
    URL: citableUrl(work),
    version: resource.version,
    abstract: abstractOf(work),
    language: resource.language,
    keyword: (resource.subjects ?? []).map(({ subject }) => subject).join(', ') || undefined,
    license: licence?.url ?? licence?.id,
    source: work.catalogue.name,
  };
}

function issuedOf({ record }: Work): number[] {
  const issued = record.resource.dates?.find(({ dateType }) => dateType === 'Issued')?.date ?? '';
  const [, year, month, day] = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?/.exec(issued) ?? [];
  // A citation names the year of publication, whatever the date beside it says.
  if (year === undefined || Number(year) !== record.resource.publicationYear)
    return [record.resource.publicationYear];
  return [year, month, day].filter((part) => part !== undefined).map(Number);
}
