import { licenceOf } from './licences.js';
import { contributorIn, personIn, publisherIn } from './people.js';
import { geoLocationIn } from './places.js';
import { identifierIn } from './related.js';
import type {
  DataciteResource,
  DateOf,
  Description,
  FundingReference,
  Publisher,
  RelatedIdentifier,
  Rights,
  Subject,
  Title,
} from './resource.js';
import { isLanguage, rorOf, startOf, uriOf } from './syntax.js';
import { fieldsIn, given, itemsIn, numberIn, oneOf, textIn, type Fields } from './untrusted.js';
import {
  dateTypes,
  descriptionTypes,
  funderIdentifierTypes,
  relatedIdentifierTypes,
  relationTypes,
  resourceTypes,
  titleTypes,
} from './vocabularies.js';

/** Subjects of one resource; a publication of thousands of datasets has more keywords than anybody reads. */
const maxSubjects = 500;
/** Dataset pids that are named as alternate identifiers. */
const maxPids = 1000;

/** What a resource takes from a dataset of the publication. */
export interface PublicationDataset {
  readonly pid: string;
  /** Bytes. */
  readonly size?: number;
  readonly files?: number;
  /** ISO 8601. */
  readonly createdAt?: string;
  readonly endedAt?: string;
  readonly keywords?: readonly string[];
  readonly techniques?: readonly { readonly name: string; readonly pid?: string }[];
  /** SPDX id, name or address. */
  readonly license?: string;
  /** Media types. */
  readonly formats?: readonly string[];
}

/** A published-data record of SciCat and its datasets. */
export interface ScicatPublication {
  readonly doi: string;
  readonly title: string;
  readonly abstract: string;
  /** ISO 8601, or a Date. */
  readonly registeredTime?: string | Date;
  readonly numberOfFiles?: number;
  /** Bytes. */
  readonly sizeOfArchive?: number;
  /** Written by users; nothing of its shape is relied on. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly datasets: readonly PublicationDataset[];
  readonly defaults: {
    readonly publisher: Publisher;
    /** SPDX id of what applies where nobody named a licence. */
    readonly rights?: string;
    /** BCP 47. */
    readonly language?: string;
  };
}

/**
 * The DataCite resource of a SciCat publication, of v4 as well as of v3 metadata. Never throws. What cannot be right
 * and does no harm by its absence (an ORCID iD with a wrong check digit) is dropped; what the author has to mend
 * (a date that is none) is kept, so that `problemsOf` names it.
 */
export function resourceFrom(publication: ScicatPublication): DataciteResource {
  const { doi, datasets, defaults } = publication;
  const metadata = fieldsIn(publication.metadata);
  const related = relatedIn(metadata);
  const language = textIn(metadata['language']) ?? defaults.language;
  const lists = {
    subjects: subjectsIn(metadata, datasets),
    contributors: itemsIn(metadata['contributors']).map(contributorIn).filter(isThere),
    dates: datesIn(publication, metadata),
    alternateIdentifiers: [
      ...itemsIn(metadata['alternateIdentifiers']).map(alternateIn).filter(isThere),
      ...datasets.slice(0, maxPids).map(({ pid }) => ({
        alternateIdentifier: pid,
        alternateIdentifierType: 'SciCat dataset PID',
      })),
    ],
    relatedIdentifiers: related.identifiers,
    sizes: sizesIn(publication, metadata),
    formats: unique([
      ...itemsIn(metadata['formats']).map(textIn),
      ...datasets.flatMap(({ formats = [] }) => [...formats]),
    ]),
    rightsList: rightsIn(publication, metadata),
    descriptions: descriptionsIn(publication, metadata, related.texts),
    geoLocations: itemsIn(metadata['geoLocations']).map(geoLocationIn).filter(isThere),
    fundingReferences: itemsIn(metadata['fundingReferences']).map(fundingIn).filter(isThere),
  };
  return {
    doi: doi.trim().replace(/^(?:https?:\/\/(?:dx\.)?doi\.org\/|doi:)/i, ''),
    creators: itemsIn(metadata['creators']).map(personIn).filter(isThere),
    titles: titlesIn(publication, metadata),
    publisher: publisherIn(metadata['publisher'], defaults.publisher),
    publicationYear: yearIn(publication, metadata),
    types: typesIn(metadata),
    ...given({
      language: language !== undefined && isLanguage(language) ? language : undefined,
      version: textIn(metadata['version']),
    }),
    ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)),
  };
}

function titlesIn({ title }: ScicatPublication, metadata: Fields): Title[] {
  const main = textIn(title);
  const others = itemsIn(metadata['titles'])
    .map((value) => (typeof value === 'string' ? { title: value } : fieldsIn(value)))
    .map((fields) => ({
      title: textIn(fields['title']) ?? '',
      titleType: oneOf(titleTypes, fields['titleType']),
      lang: languageIn(fields),
    }))
    .filter((one) => one.title !== '' && one.title !== main)
    .map((one) => given({ ...one, titleType: one.titleType ?? (main === undefined ? undefined : 'Other') }));
  return main === undefined ? others : [{ title: main }, ...others];
}

function yearIn({ registeredTime }: ScicatPublication, metadata: Fields): number {
  const year = numberIn(metadata['publicationYear']);
  return year ?? startOf(textIn(registeredTime) ?? '')?.getUTCFullYear() ?? 0;
}

function typesIn(metadata: Fields): DataciteResource['types'] {
  const nested = { ...fieldsIn(metadata['types']), ...fieldsIn(metadata['resourceType']) };
  const free = textIn(metadata['resourceType']) ?? textIn(nested['resourceType']);
  const general = oneOf(
    resourceTypes,
    metadata['resourceTypeGeneral'] ?? nested['resourceTypeGeneral'] ?? free,
  );
  if (general !== undefined && (free === undefined || free.toLowerCase() === general.toLowerCase()))
    return { resourceTypeGeneral: general };
  return given({ resourceTypeGeneral: general ?? 'Dataset', resourceType: free });
}

function subjectsIn(metadata: Fields, datasets: readonly PublicationDataset[]): Subject[] {
  const own = itemsIn(metadata['subjects']).map((value) => {
    const fields = typeof value === 'string' ? { subject: value } : fieldsIn(value);
    return {
      subject: textIn(fields['subject']) ?? '',
      subjectScheme: textIn(fields['subjectScheme']),
      schemeUri: uriOf(textIn(fields['schemeUri'] ?? fields['schemeURI'])),
      valueUri: uriOf(textIn(fields['valueUri'] ?? fields['valueURI'])),
      lang: languageIn(fields),
    };
  });
  const words = [
    ...itemsIn(metadata['keywords']),
    ...datasets.flatMap(({ keywords = [] }): readonly unknown[] => keywords),
  ].map((word) => ({ subject: textIn(word) ?? '' }));
  const techniques = datasets
    .flatMap((dataset) => dataset.techniques ?? [])
    .map(({ name, pid }) => {
      const valueUri = uriOf(pid);
      const panet = valueUri?.includes('/PaNET/') === true ? 'PaNET' : undefined;
      return { subject: textIn(name) ?? '', subjectScheme: panet, valueUri };
    });
  const found = new Map<string, Subject>();
  for (const one of [...own, ...techniques, ...words]) {
    const key = one.subject.toLowerCase();
    if (key !== '' && !found.has(key) && found.size < maxSubjects) found.set(key, given(one));
  }
  return [...found.values()];
}

function datesIn({ registeredTime, datasets }: ScicatPublication, metadata: Fields): DateOf[] {
  const dates: DateOf[] = itemsIn(metadata['dates'])
    .map((value) => fieldsIn(value))
    .map((fields) =>
      given({
        date: textIn(fields['date']) ?? '',
        dateType: oneOf(dateTypes, fields['dateType']) ?? textIn(fields['dateType']) ?? 'Other',
        dateInformation: textIn(fields['dateInformation']),
      }),
    )
    // An embargo that nobody can read must be mended, not forgotten.
    .filter(({ date, dateType }) => date !== '' || dateType === 'Available');
  const lacks = (type: string): boolean => !dates.some(({ dateType }) => dateType === type);
  const issued = startOf(textIn(registeredTime) ?? '');
  if (issued !== undefined && lacks('Issued'))
    dates.unshift({ date: issued.toISOString().slice(0, 10), dateType: 'Issued' });
  const days = datasets
    .flatMap(({ createdAt, endedAt }) => [createdAt, endedAt])
    .map((time) =>
      startOf(textIn(time) ?? '')
        ?.toISOString()
        .slice(0, 10),
    )
    .filter(isThere)
    .sort();
  const [first, last] = [days[0], days.at(-1)];
  if (first !== undefined && last !== undefined && lacks('Collected'))
    dates.push({ date: first === last ? first : `${first}/${last}`, dateType: 'Collected' });
  return dates;
}

function alternateIn(
  value: unknown,
): NonNullable<DataciteResource['alternateIdentifiers']>[number] | undefined {
  const fields = typeof value === 'string' ? { alternateIdentifier: value } : fieldsIn(value);
  const alternateIdentifier = textIn(fields['alternateIdentifier'] ?? fields['identifier']);
  if (alternateIdentifier === undefined) return undefined;
  const type = textIn(fields['alternateIdentifierType'] ?? fields['identifierType']);
  return { alternateIdentifier, alternateIdentifierType: type ?? 'Other' };
}

/** Related identifiers, and related things without one, which survive as texts. */
function relatedIn(metadata: Fields): { identifiers: RelatedIdentifier[]; texts: string[] } {
  const found = new Map<string, RelatedIdentifier>();
  const texts: string[] = [];
  for (const value of [...itemsIn(metadata['relatedIdentifiers']), ...itemsIn(metadata['relatedItems'])]) {
    const fields = typeof value === 'string' ? { relatedIdentifier: value } : fieldsIn(value);
    const item = fieldsIn(fields['relatedItemIdentifier']);
    const text =
      textIn(fields['relatedIdentifier']) ??
      textIn(fields['relatedItemIdentifier']) ??
      textIn(item['relatedItemIdentifier']) ??
      textIn(fieldsIn(itemsIn(fields['titles'])[0])['title']);
    if (text === undefined) continue;
    const guess = identifierIn(text);
    const named = oneOf(
      relatedIdentifierTypes,
      fields['relatedIdentifierType'] ??
        fields['relatedItemIdentifierType'] ??
        item['relatedItemIdentifierType'],
    );
    // A name that the identifier itself belies would be refused by DataCite.
    const trusted = named !== undefined && !(named === 'DOI' || named === 'URL') ? named : undefined;
    const type = guess?.type === trusted || trusted === undefined ? guess?.type : trusted;
    if (type === undefined) {
      texts.push(text);
      continue;
    }
    const relatedIdentifier = type === guess?.type ? guess.identifier : text;
    const loose = type === 'URL' || type === 'Handle';
    const one = given({
      relatedIdentifier,
      relatedIdentifierType: type,
      relationType: oneOf(relationTypes, fields['relationType']) ?? (loose ? 'References' : 'IsSupplementTo'),
      resourceTypeGeneral: oneOf(resourceTypes, fields['resourceTypeGeneral'] ?? fields['relatedItemType']),
    });
    found.set(`${type}\n${relatedIdentifier}\n${one.relationType}`, one);
  }
  return { identifiers: [...found.values()], texts };
}

function sizesIn({ numberOfFiles, sizeOfArchive, datasets }: ScicatPublication, metadata: Fields): string[] {
  const own = unique(itemsIn(metadata['sizes']).map(textIn));
  if (own.length > 0) return own;
  const sum = (numbers: (number | undefined)[]): number =>
    numbers.reduce((total: number, number) => total + (numberIn(number) ?? 0), 0);
  const files = numberIn(numberOfFiles) ?? sum(datasets.map((dataset) => dataset.files));
  const bytes = numberIn(sizeOfArchive) ?? sum(datasets.map(({ size }) => size));
  return [
    ...(files > 0 ? [`${files} ${files === 1 ? 'file' : 'files'}`] : []),
    ...(bytes > 0 ? [humanSize(bytes)] : []),
  ];
}

function humanSize(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  let [value, unit] = [bytes, 0];
  while (value >= 999.95 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

function rightsIn({ datasets, defaults }: ScicatPublication, metadata: Fields): Rights[] {
  const listed = itemsIn(metadata['rightsList'] ?? metadata['rights'] ?? metadata['license']);
  const own = listed.map(rightIn).filter(isThere);
  if (own.length > 0) return own;
  const ofDatasets = unique(datasets.map(({ license }) => textIn(license)));
  if (ofDatasets.length > 0) return ofDatasets.map(rightIn).filter(isThere);
  return [rightIn(defaults.rights)].filter(isThere);
}

function rightIn(value: unknown): Rights | undefined {
  if (typeof value === 'string')
    return textIn(value) === undefined ? undefined : (licenceOf(value) ?? linkOrText(value));
  const fields = fieldsIn(value);
  const rights = textIn(fields['rights']);
  const rightsUri = textIn(fields['rightsUri'] ?? fields['rightsURI']);
  const rightsIdentifier = textIn(fields['rightsIdentifier']);
  const known = [rightsIdentifier, rightsUri, rights].filter(isThere).map(licenceOf).find(isThere);
  if (known !== undefined) return known;
  if (rights === undefined && rightsUri === undefined && rightsIdentifier === undefined) return undefined;
  return given({
    rights,
    rightsUri: uriOf(rightsUri),
    rightsIdentifier,
    rightsIdentifierScheme: textIn(fields['rightsIdentifierScheme']),
    schemeUri: uriOf(textIn(fields['schemeUri'] ?? fields['schemeURI'])),
    lang: languageIn(fields),
  });
}

function linkOrText(value: string): Rights {
  const rightsUri = /^https?:/i.test(value.trim()) ? uriOf(value.trim()) : undefined;
  return given({ rights: value.trim(), rightsUri });
}

function descriptionsIn(
  { abstract }: ScicatPublication,
  metadata: Fields,
  relatedTexts: readonly string[],
): Description[] {
  const own = itemsIn(metadata['descriptions'])
    .map((value) => (typeof value === 'string' ? { description: value } : fieldsIn(value)))
    .map((fields) =>
      given({
        description: textIn(fields['description']) ?? '',
        descriptionType: oneOf(descriptionTypes, fields['descriptionType']) ?? 'Other',
        lang: languageIn(fields),
      }),
    );
  const all: Description[] = [
    { description: textIn(abstract) ?? '', descriptionType: 'Abstract' },
    ...own,
    { description: textIn(metadata['dataDescription']) ?? '', descriptionType: 'TechnicalInfo' },
    ...relatedTexts.map((text) => ({ description: `Related: ${text}`, descriptionType: 'Other' })),
  ];
  const found = new Map<string, Description>();
  for (const one of all)
    if (one.description !== '' && !found.has(one.description)) found.set(one.description, one);
  return [...found.values()];
}

function fundingIn(value: unknown): FundingReference | undefined {
  const fields = typeof value === 'string' ? { funderName: value } : fieldsIn(value);
  const funderName = textIn(fields['funderName']);
  if (funderName === undefined) return undefined;
  const identifier = textIn(fields['funderIdentifier']);
  const ror = identifier === undefined ? undefined : rorOf(identifier);
  const type =
    ror === undefined ? (oneOf(funderIdentifierTypes, fields['funderIdentifierType']) ?? 'Other') : 'ROR';
  return given({
    funderName,
    funderIdentifier: ror ?? identifier,
    funderIdentifierType: identifier === undefined ? undefined : type,
    awardNumber: textIn(fields['awardNumber']),
    awardUri: uriOf(textIn(fields['awardUri'] ?? fields['awardURI'])),
    awardTitle: textIn(fields['awardTitle']),
  });
}

function languageIn(fields: Fields): string | undefined {
  const tag = textIn(fields['lang'] ?? fields['xml:lang']);
  return tag !== undefined && isLanguage(tag) ? tag : undefined;
}

function unique(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter(isThere))];
}

function isThere<Value>(value: Value | undefined): value is Value {
  return value !== undefined;
}
