import type { DataciteResource } from '../resource.js';

/** A resource with every property of the model. */
export const fullResource: DataciteResource = {
  doi: '10.5072/Full-1',
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
    { name: 'The Beamline Team', nameType: 'Organizational' },
  ],
  titles: [
    { title: 'Diffraction of a rare crystal', lang: 'en' },
    { title: 'Beugung eines seltenen Kristalls', titleType: 'TranslatedTitle', lang: 'de-CH' },
  ],
  publisher: {
    name: 'Paul Scherrer Institute',
    publisherIdentifier: 'https://ror.org/03eh3y714',
    publisherIdentifierScheme: 'ROR',
    schemeUri: 'https://ror.org',
    lang: 'en',
  },
  publicationYear: 2026,
  types: { resourceTypeGeneral: 'Dataset', resourceType: 'raw' },
  subjects: [
    {
      subject: 'x-ray diffraction',
      subjectScheme: 'PaNET',
      schemeUri: 'http://purl.org/pan-science/PaNET/',
      valueUri: 'http://purl.org/pan-science/PaNET/PaNET01216',
      lang: 'en',
    },
  ],
  contributors: [{ name: 'Babbage, Charles', nameType: 'Personal', contributorType: 'DataCollector' }],
  dates: [
    { date: '2026-02-03', dateType: 'Issued' },
    { date: '2026-01-01/2026-01-05', dateType: 'Collected', dateInformation: 'two shifts' },
  ],
  language: 'en',
  alternateIdentifiers: [
    { alternateIdentifier: '20.500.12345/abc', alternateIdentifierType: 'SciCat dataset PID' },
  ],
  relatedIdentifiers: [
    {
      relatedIdentifier: '10.1234/paper',
      relatedIdentifierType: 'DOI',
      relationType: 'IsSupplementTo',
      resourceTypeGeneral: 'JournalArticle',
    },
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
      lang: 'en',
    },
  ],
  descriptions: [
    { description: 'We looked at a rare crystal.\nTwice.', descriptionType: 'Abstract', lang: 'en' },
  ],
  geoLocations: [
    { geoLocationPlace: 'Villigen', geoLocationPoint: { pointLongitude: 8.2275, pointLatitude: 47.5369 } },
    {
      geoLocationBox: {
        westBoundLongitude: 8.2,
        eastBoundLongitude: 8.3,
        southBoundLatitude: 47.5,
        northBoundLatitude: 47.6,
      },
    },
  ],
  fundingReferences: [
    {
      funderName: 'Swiss National Science Foundation',
      funderIdentifier: 'https://ror.org/00yjd3n13',
      funderIdentifierType: 'ROR',
      awardNumber: '200021',
      awardUri: 'https://data.snf.ch/grants/grant/200021',
      awardTitle: 'Crystals',
    },
  ],
};
