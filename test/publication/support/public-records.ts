import type { DataciteResource } from '#datacite';
import type { FileLine, PublicDataset, PublicRecord } from '#publication-feed';

/** A complete resource as a facility would register it. */
export function resourceOf(doi: string, more: Partial<DataciteResource> = {}): DataciteResource {
  return {
    doi,
    creators: [
      {
        name: 'Lovelace, Ada',
        nameType: 'Personal',
        givenName: 'Ada',
        familyName: 'Lovelace',
        nameIdentifiers: [
          {
            nameIdentifier: 'https://orcid.org/0000-0002-1825-0097',
            nameIdentifierScheme: 'ORCID',
            schemeUri: 'https://orcid.org',
          },
        ],
        affiliation: [
          {
            name: 'Paul Scherrer Institute',
            affiliationIdentifier: 'https://ror.org/03eh3y714',
            affiliationIdentifierScheme: 'ROR',
            schemeUri: 'https://ror.org',
          },
        ],
      },
      {
        name: 'Müller-Lüdenscheidt, Heinz',
        nameType: 'Personal',
        givenName: 'Heinz',
        familyName: 'Müller-Lüdenscheidt',
      },
      { name: 'The Beamline Team', nameType: 'Organizational' },
    ],
    titles: [{ title: 'Diffraction of a rare crystal', lang: 'en' }],
    publisher: {
      name: 'Paul Scherrer Institute',
      publisherIdentifier: 'https://ror.org/03eh3y714',
      publisherIdentifierScheme: 'ROR',
      schemeUri: 'https://ror.org',
    },
    publicationYear: 2026,
    types: { resourceTypeGeneral: 'Dataset', resourceType: 'raw' },
    subjects: [{ subject: 'crystallography' }, { subject: 'X-ray diffraction', lang: 'en' }],
    contributors: [{ name: 'Babbage, Charles', nameType: 'Personal', contributorType: 'DataCollector' }],
    dates: [
      { date: '2026-02-03', dateType: 'Issued' },
      { date: '2026-01-01/2026-01-05', dateType: 'Collected' },
    ],
    language: 'en',
    alternateIdentifiers: [
      { alternateIdentifier: '20.500.12345/abc', alternateIdentifierType: 'SciCat dataset PID' },
    ],
    relatedIdentifiers: [
      { relatedIdentifier: '10.1234/paper', relatedIdentifierType: 'DOI', relationType: 'IsSupplementTo' },
    ],
    sizes: ['3 files', '3.0 MB'],
    formats: ['application/x-hdf5'],
    version: '1.0',
    rightsList: [
      {
        rights: 'Creative Commons Attribution 4.0 International',
        rightsUri: 'https://creativecommons.org/licenses/by/4.0/',
        rightsIdentifier: 'cc-by-4.0',
        rightsIdentifierScheme: 'SPDX',
        schemeUri: 'https://spdx.org/licenses/',
      },
    ],
    descriptions: [
      {
        description: 'We looked at a rare crystal with hard X-rays and saw what nobody had seen before it.',
        descriptionType: 'Abstract',
        lang: 'en',
      },
    ],
    fundingReferences: [
      {
        funderName: 'Swiss National Science Foundation',
        funderIdentifier: 'https://ror.org/00yjd3n13',
        funderIdentifierType: 'ROR',
        awardNumber: '200021',
        awardTitle: 'Crystals',
      },
    ],
    ...more,
  };
}

export function datasetOf(more: Partial<PublicDataset> = {}): PublicDataset {
  return {
    pid: '20.500.12345/abc',
    name: 'Run 42',
    type: 'raw',
    description: 'The only run that worked.',
    size: 3_000_000,
    files: 3,
    createdAt: '2026-01-01T08:00:00.000Z',
    endedAt: '2026-01-05T08:00:00.000Z',
    instruments: [{ name: 'TOMCAT', pid: 'https://hdl.handle.net/20.500.12345/tomcat' }],
    techniques: [{ name: 'x-ray diffraction', pid: 'http://purl.org/pan-science/PaNET/PaNET01216' }],
    proposals: [{ id: 'p20260001', title: 'Rare crystals' }],
    samples: [{ id: 's1', description: 'A crystal' }],
    keywords: ['crystal'],
    ...more,
  };
}

export function recordOf(doi: string, more: Partial<PublicRecord> = {}): PublicRecord {
  return {
    doi,
    revision: 1,
    state: 'published',
    registered: true,
    landingPage: `https://data.example.org/doi/${doi}`,
    publishedAt: '2026-02-03T04:05:06.000Z',
    resource: resourceOf(doi),
    datasets: [datasetOf()],
    pictures: [],
    ...more,
  };
}

/** A withdrawn twin of a record. */
export function withdrawnOf(
  record: PublicRecord,
  more: Partial<PublicRecord['tombstone']> = {},
): PublicRecord {
  const { files: _, ...others } = record;
  return {
    ...others,
    revision: record.revision + 1,
    state: 'withdrawn',
    pictures: [],
    tombstone: {
      withdrawnAt: '2026-03-04T05:06:07.000Z',
      reason: 'The detector was calibrated wrongly.',
      ...more,
    },
  };
}

export function fileLine(path: string, more: Partial<FileLine> = {}): FileLine {
  return {
    path,
    size: 1000,
    time: '2026-01-02T03:04:05.000Z',
    sha256: 'a'.repeat(64),
    pid: '20.500.12345/abc',
    ...more,
  };
}
