import { dataciteXml, doiKey, oaiDcXml, type RenderingContext } from '#datacite';
import { digestOf, type PublicRecord } from '#publication-feed';
import { setsOf } from './record-sets.js';
import { embargoEnd } from './embargoes.js';
import type { SearchFields, StoredRecord } from './records.js';

/** Grows whenever the same record would be rendered differently: what is stored under a lower number is rendered again. */
export const rendering = 1;

/** Characters of a record that the word index sees. */
const maxWords = 20_000;
/** Values of one facet that one record may have. */
const maxValues = 200;

/** A record as it is stored, but for its dates. */
export function storedRecord(
  record: PublicRecord,
  now: Date,
  timeZone = 'UTC',
): Omit<StoredRecord, 'datestamp' | 'settled' | 'arrivedAt'> {
  const { pictures, ...others } = record;
  const until = embargoEnd(record, now, timeZone);
  const context: RenderingContext = {
    embargoed: until !== undefined,
    landingPage: record.landingPage,
    timeZone,
    ...(until === undefined ? {} : { embargoUntil: until.toISOString() }),
  };
  return {
    _id: doiKey(record.doi),
    revision: record.revision,
    digest: digestOf(record),
    state: record.state,
    sets: setsOf({ ...record, embargoUntil: until?.toISOString() }, now),
    ...(until === undefined ? {} : { embargoUntil: until }),
    record: { ...others, pictures: pictures.map(({ base64: _, ...picture }) => picture) },
    renderings: {
      datacite: dataciteXml(record.resource, context),
      dc: oaiDcXml(record.resource, context),
    },
    rendering,
    search: searchFieldsOf(record),
  };
}

function searchFieldsOf({ resource, datasets }: PublicRecord): SearchFields {
  const some = (values: (string | undefined)[]): string[] =>
    [...new Set(values.filter((value) => value !== undefined && value !== ''))].slice(
      0,
      maxValues,
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
      .slice(0, maxWords),
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
