import { dataciteXml, doiKey, oaiDcXml, type RenderingContext } from '#datacite';
import { digestOf, type PublicRecord } from '#publication-feed';
import { setsOf } from '../oai/oai-sets.js';
import type { SearchFields, StoredRecord } from './records.js';

/** Grows whenever the same record would be rendered differently: what is stored under a lower number is rendered again. */
export const rendering = 1;

/** Characters of a record that the word index sees. */
const mostWords = 20_000;
/** Values of one facet that one record may have. */
const mostValues = 200;

/** A record as it is stored, but for its dates. */
export function storedRecord(
  record: PublicRecord,
  now: Date,
): Omit<StoredRecord, 'datestamp' | 'settled' | 'arrivedAt'> {
  const { pictures, ...others } = record;
  return {
    _id: doiKey(record.doi),
    revision: record.revision,
    digest: digestOf(record),
    state: record.state,
    sets: setsOf(record, now),
    ...(isAhead(record.embargoUntil, now) ? { embargoUntil: new Date(record.embargoUntil!) } : {}),
    record: { ...others, pictures: pictures.map(({ base64: _, ...picture }) => picture) },
    renderings: {
      datacite: dataciteXml(record.resource, contextOf(record, now)),
      dc: oaiDcXml(record.resource, contextOf(record, now)),
    },
    rendering,
    search: searchFieldsOf(record),
  };
}

/** The clock alone decides: no message lifts an embargo. */
function isAhead(time: string | Date | undefined, now: Date): boolean {
  return time !== undefined && new Date(time).getTime() > now.getTime();
}

function contextOf({ embargoUntil, landingPage }: PublicRecord, now: Date): RenderingContext {
  const embargoed = isAhead(embargoUntil, now);
  return { embargoed, landingPage, ...(embargoed ? { embargoUntil } : {}) };
}

function searchFieldsOf({ resource, datasets }: PublicRecord): SearchFields {
  const some = (values: (string | undefined)[]): string[] =>
    [...new Set(values.filter((value) => value !== undefined && value !== ''))].slice(
      0,
      mostValues,
    ) as string[];
  const title = resource.titles[0]?.title ?? '';
  const creators = some(resource.creators.map(({ name }) => name));
  const keywords = some([
    ...(resource.subjects ?? []).map(({ subject }) => subject),
    ...datasets.flatMap((dataset) => dataset.keywords),
  ]);
  const licence = resource.rightsList?.find(({ rightsIdentifier }) => rightsIdentifier !== undefined);
  const texts = (resource.descriptions ?? []).map(({ description }) => description);
  return {
    words: [title, ...creators, ...keywords, resource.doi, ...texts]
      .join(' ')
      .toLowerCase()
      // A NUL makes DocumentDB's word index refuse the whole record.
      .replace(/[\u0000-\u001F\u007F]+/g, ' ')
      .slice(0, mostWords),
    title,
    year: resource.publicationYear,
    resourceType: resource.types.resourceTypeGeneral,
    creators,
    keywords,
    instruments: some(datasets.flatMap(({ instruments }) => instruments.map(({ name }) => name))),
    techniques: some(datasets.flatMap(({ techniques }) => techniques.map(({ name }) => name))),
    ...(licence?.rightsIdentifier === undefined ? {} : { licence: licence.rightsIdentifier }),
  };
}
