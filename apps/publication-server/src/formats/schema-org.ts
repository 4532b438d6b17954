import { doiUrl, type Person } from '#datacite';
import { mediaTypeOf } from './media-types.js';
import {
  abstractOf,
  bareDoi,
  citableUrl,
  extentOf,
  fileUrl,
  landingPageOf,
  licenceOf,
  nameParts,
  orcidOf,
  relatedUrl,
  rorOf,
  titleOf,
  uriOfPerson,
  type Work,
} from './work.js';

/** Search engines take descriptions of 50 to 5000 characters. */
const longestDescription = 5000;
const shortestDescription = 50;

const types: Readonly<Record<string, string>> = {
  Dataset: 'Dataset',
  Collection: 'Dataset',
  Image: 'Dataset',
  Model: 'Dataset',
  Software: 'SoftwareSourceCode',
  ComputationalNotebook: 'SoftwareSourceCode',
  JournalArticle: 'ScholarlyArticle',
  Dissertation: 'Thesis',
  Report: 'Report',
};

/** The class of schema.org that a type of DataCite comes nearest to. */
export function schemaOrgType(resourceTypeGeneral: string): string {
  return types[resourceTypeGeneral] ?? 'CreativeWork';
}

/** The publication in the vocabulary of schema.org, with what dataset search engines ask for. */
export function schemaOrgOf(work: Work): object {
  const { record, catalogue } = work;
  const { resource } = record;
  const licence = licenceOf(work);
  const names = (values: readonly string[]): string[] | undefined =>
    values.length === 0 ? undefined : [...new Set(values)];
  const keywords = names([
    ...(resource.subjects ?? []).map(({ subject }) => subject),
    ...record.datasets.flatMap((dataset) => dataset.keywords),
  ]);
  return {
    '@context': 'https://schema.org/',
    '@type': schemaOrgType(resource.types.resourceTypeGeneral),
    '@id': citableUrl(work),
    name: titleOf(work),
    description: descriptionOf(work),
    identifier: [
      ...(record.registered
        ? [
            {
              '@type': 'PropertyValue',
              propertyID: 'https://registry.identifiers.org/registry/doi',
              value: `doi:${record.doi}`,
              url: doiUrl(record.doi),
            },
          ]
        : []),
      ...record.datasets
        .slice(0, 50)
        .map(({ pid }) => ({ '@type': 'PropertyValue', propertyID: 'SciCat dataset PID', value: pid })),
    ],
    url: landingPageOf(work),
    ...(record.registered ? { sameAs: doiUrl(record.doi) } : {}),
    creator: resource.creators.map(agentOf),
    contributor: some((resource.contributors ?? []).map(agentOf)),
    publisher: {
      '@type': 'Organization',
      name: resource.publisher.name,
      sameAs: rorOf(resource.publisher.publisherIdentifier),
    },
    datePublished: record.publishedAt.slice(0, 10),
    dateCreated: dateOf(work, 'Created'),
    dateModified: work.datestamp.toISOString(),
    temporalCoverage: dateOf(work, 'Collected'),
    version: resource.version,
    inLanguage: resource.language,
    license: licence?.url ?? licence?.name,
    keywords,
    measurementTechnique: some(
      record.datasets
        .flatMap(({ techniques }) => techniques)
        .filter(firstOfName)
        .map(term),
    ),
    instrument: some(
      record.datasets
        .flatMap(({ instruments }) => instruments)
        .filter(firstOfName)
        .map((thing) => ({ '@type': 'Thing', ...named(thing) })),
    ),
    spatialCoverage: some(
      (resource.geoLocations ?? []).flatMap(({ geoLocationPlace: place, geoLocationPoint: point }) => [
        ...(place === undefined ? [] : [{ '@type': 'Place', name: place }]),
        ...(point === undefined
          ? []
          : [
              {
                '@type': 'Place',
                geo: {
                  '@type': 'GeoCoordinates',
                  latitude: point.pointLatitude,
                  longitude: point.pointLongitude,
                },
              },
            ]),
      ]),
    ),
    funder: some(
      (resource.fundingReferences ?? []).map(({ funderName, funderIdentifier }) => ({
        '@type': 'Organization',
        name: funderName,
        sameAs: funderIdentifier,
      })),
    ),
    funding: some(
      (resource.fundingReferences ?? [])
        .filter(({ awardNumber }) => awardNumber !== undefined)
        .map(({ funderName, awardNumber, awardTitle, awardUri }) => ({
          '@type': 'Grant',
          identifier: awardNumber,
          name: awardTitle,
          url: awardUri,
          funder: { '@type': 'Organization', name: funderName },
        })),
    ),
    ...relationsOf(work),
    isAccessibleForFree: true,
    conditionsOfAccess:
      work.embargoedUntil === undefined
        ? undefined
        : `Files are public from ${work.embargoedUntil.toISOString()} on.`,
    includedInDataCatalog: { '@type': 'DataCatalog', name: catalogue.name, url: `${catalogue.url}/` },
    distribution: some(distributionOf(work)),
  };
}

function descriptionOf(work: Work): string {
  const abstract = (abstractOf(work) ?? '').trim();
  if (abstract.length >= shortestDescription) return abstract.slice(0, longestDescription);
  const { resource } = work.record;
  const frame = `${resource.types.resourceTypeGeneral} “${titleOf(work)}”, published by ${resource.publisher.name} in ${resource.publicationYear}.`;
  return `${abstract} ${frame}`.trim().slice(0, longestDescription);
}

function agentOf(person: Person): object {
  const { family, given, organisation } = nameParts(person);
  const affiliation = (person.affiliation ?? []).map(({ name, affiliationIdentifier }) => ({
    '@type': 'Organization',
    name,
    sameAs: rorOf(affiliationIdentifier),
  }));
  const id = uriOfPerson(person);
  if (organisation) return { '@type': 'Organization', '@id': id, name: family };
  return {
    '@type': 'Person',
    '@id': id,
    name: given === undefined ? family : `${given} ${family}`,
    givenName: given,
    familyName: family,
    sameAs: orcidOf(person),
    affiliation: some(affiliation),
  };
}

function relationsOf(work: Work): object {
  const related = work.record.resource.relatedIdentifiers ?? [];
  const of = (...relations: string[]): { '@id': string }[] | undefined =>
    some(
      related
        .filter(({ relationType }) => relations.includes(relationType))
        .map(({ relatedIdentifier, relatedIdentifierType }) => {
          const doi = bareDoi(relatedIdentifier);
          return doi === undefined ? relatedUrl(relatedIdentifier, relatedIdentifierType) : doiUrl(doi);
        })
        .filter((url) => url !== undefined)
        .map((url) => ({ '@id': url })),
    );
  return {
    isBasedOn: of('IsDerivedFrom', 'IsVariantFormOf'),
    isPartOf: of('IsPartOf'),
    hasPart: of('HasPart'),
    citation: of(
      'IsCitedBy',
      'IsSupplementTo',
      'IsDescribedBy',
      'IsDocumentedBy',
      'Cites',
      'References',
      'IsReferencedBy',
    ),
    predecessorOf: of('IsPreviousVersionOf'),
    successorOf: of('IsNewVersionOf'),
  };
}

function distributionOf(work: Work): object[] {
  if (work.embargoedUntil !== undefined || work.record.files === undefined) return [];
  const page = landingPageOf(work);
  const { bytes } = extentOf(work);
  return [
    {
      '@type': 'DataDownload',
      name: 'All files',
      contentUrl: `${page}/archive.zip`,
      encodingFormat: 'application/zip',
      contentSize: `${bytes} B`,
    },
    {
      '@type': 'DataDownload',
      name: 'All files',
      contentUrl: `${page}/archive.tar`,
      encodingFormat: 'application/x-tar',
      contentSize: `${bytes} B`,
    },
    ...work.files.map(({ path, size, sha256 }) => ({
      '@type': 'DataDownload',
      name: path,
      contentUrl: fileUrl(work, path),
      encodingFormat: mediaTypeOf(path),
      contentSize: `${size} B`,
      sha256,
    })),
  ];
}

interface Named {
  readonly name: string;
  readonly pid?: string;
}

function named({ name, pid }: Named): object {
  return {
    name,
    ...(pid === undefined ? {} : /^https?:\/\//.test(pid) ? { sameAs: pid } : { identifier: pid }),
  };
}

function term({ name, pid }: Named): object | string {
  if (pid === undefined) return name;
  return { '@type': 'DefinedTerm', name, ...(/^https?:\/\//.test(pid) ? { url: pid } : { termCode: pid }) };
}

function firstOfName(one: Named, index: number, all: readonly Named[]): boolean {
  return all.findIndex(({ name }) => name === one.name) === index;
}

function dateOf({ record }: Work, type: string): string | undefined {
  return record.resource.dates?.find(({ dateType }) => dateType === type)?.date;
}

function some<Item>(items: Item[]): Item[] | undefined {
  return items.length === 0 ? undefined : items;
}
