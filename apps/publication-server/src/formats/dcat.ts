import { mediaTypeOf } from './media-types.js';
import {
  abstractOf,
  citableUrl,
  extentOf,
  fileUrl,
  landingPageOf,
  licenceOf,
  nameParts,
  rorOf,
  titleOf,
  uriOfPerson,
  type Work,
} from './work.js';

const context = {
  dcat: 'http://www.w3.org/ns/dcat#',
  dct: 'http://purl.org/dc/terms/',
  foaf: 'http://xmlns.com/foaf/0.1/',
  adms: 'http://www.w3.org/ns/adms#',
  spdx: 'http://spdx.org/rdf/terms#',
  vcard: 'http://www.w3.org/2006/vcard/ns#',
  xsd: 'http://www.w3.org/2001/XMLSchema#',
} as const;
const iana = 'https://www.iana.org/assignments/media-types/';

/** The publication in the Data Catalog Vocabulary (DCAT 3), as JSON-LD whose context is inside. */
export function dcatOf(work: Work): object {
  const { record, catalogue } = work;
  const { resource } = record;
  const text = (value: string, lang: string | undefined): object | string =>
    lang === undefined ? value : { '@value': value, '@language': lang };
  const licence = licenceOf(work);
  const abstract = abstractOf(work);
  return {
    '@context': context,
    '@id': citableUrl(work),
    '@type': resource.types.resourceTypeGeneral === 'Dataset' ? 'dcat:Dataset' : 'dcat:Resource',
    'dct:title': text(titleOf(work), resource.titles[0]?.lang),
    'dct:description': abstract === undefined ? undefined : text(abstract, resource.descriptions?.[0]?.lang),
    'dct:identifier': record.doi,
    'dct:creator': resource.creators.map((person) => {
      const { family, given, organisation } = nameParts(person);
      return {
        '@id': uriOfPerson(person),
        '@type': organisation ? 'foaf:Organization' : 'foaf:Person',
        'foaf:name': given === undefined ? family : `${given} ${family}`,
      };
    }),
    'dct:publisher': {
      '@id': rorOf(resource.publisher.publisherIdentifier),
      '@type': 'foaf:Organization',
      'foaf:name': resource.publisher.name,
    },
    'dct:issued': { '@value': record.publishedAt, '@type': 'xsd:dateTime' },
    'dct:modified': { '@value': work.datestamp.toISOString(), '@type': 'xsd:dateTime' },
    'dct:language': resource.language,
    'dct:license': licence?.url === undefined ? licence?.name : { '@id': licence.url },
    'dct:accessRights': {
      '@id': `http://publications.europa.eu/resource/authority/access-right/${work.embargoedUntil === undefined ? 'PUBLIC' : 'RESTRICTED'}`,
    },
    'dcat:keyword': (resource.subjects ?? []).map(({ subject, lang }) => text(subject, lang)),
    'dcat:version': resource.version,
    'dcat:landingPage': { '@id': landingPageOf(work) },
    'dcat:contactPoint':
      catalogue.contact === undefined
        ? undefined
        : {
            '@type': 'vcard:Organization',
            'vcard:fn': catalogue.name,
            'vcard:hasEmail': { '@id': `mailto:${catalogue.contact}` },
          },
    'dcat:inCatalog': { '@id': `${catalogue.url}/`, '@type': 'dcat:Catalog', 'dct:title': catalogue.name },
    'dcat:distribution': distributionOf(work),
  };
}

function distributionOf(work: Work): object[] {
  if (work.embargoedUntil !== undefined || work.record.files === undefined) return [];
  const page = landingPageOf(work);
  const { bytes } = extentOf(work);
  const one = (url: string, mediaType: string, size: number, title: string, sha256?: string): object => ({
    '@type': 'dcat:Distribution',
    'dct:title': title,
    'dcat:accessURL': { '@id': page },
    'dcat:downloadURL': { '@id': url },
    'dcat:mediaType': { '@id': `${iana}${mediaType}` },
    'dcat:byteSize': { '@value': String(size), '@type': 'xsd:nonNegativeInteger' },
    'spdx:checksum':
      sha256 === undefined
        ? undefined
        : {
            '@type': 'spdx:Checksum',
            'spdx:algorithm': { '@id': 'spdx:checksumAlgorithm_sha256' },
            'spdx:checksumValue': { '@value': sha256, '@type': 'xsd:hexBinary' },
          },
  });
  return [
    one(`${page}/archive.zip`, 'application/zip', bytes, 'All files as ZIP'),
    one(`${page}/archive.tar`, 'application/x-tar', bytes, 'All files as tar'),
    ...work.files.map(({ path, size, sha256 }) =>
      one(fileUrl(work, path), mediaTypeOf(path), size, path, sha256),
    ),
  ];
}
