import { accessOf, type RenderingContext } from './access.js';
import { doiUrl } from './doi.js';
import { relatedUrl } from './related.js';
import type { DataciteResource, GeoLocation, Rights } from './resource.js';
import { xmlText } from './xml-text.js';

const namespace = 'http://www.openarchives.org/OAI/2.0/oai_dc/';
const opening =
  `<oai_dc:dc xmlns:oai_dc="${namespace}" xmlns:dc="http://purl.org/dc/elements/1.1/" ` +
  `xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ` +
  `xsi:schemaLocation="${namespace} http://www.openarchives.org/OAI/2.0/oai_dc.xsd">`;

/**
 * The resource as an `oai_dc:dc` element with its namespace declarations: one `dc:creator` per creator in their
 * order, the DOI and the page as URLs in `dc:identifier`, licence and access rights in `dc:rights`, the end of an
 * embargo in `dc:date` (`info:eu-repo/date/embargoEnd/2027-01-01`). Never throws for a resource of the right shape.
 * Languages are left out: some copies of its schema in use do not know `xml:lang`.
 */
export function oaiDcXml(resource: DataciteResource, context: RenderingContext): string {
  const { types, publicationYear } = resource;
  const access = accessOf(context);
  let xml = opening;
  const add = (element: string, text: string | undefined): void => {
    if (text === undefined || text === '') return;
    xml += `<dc:${element}>${xmlText(text)}</dc:${element}>`;
  };
  for (const { title } of resource.titles) add('title', title);
  for (const { name } of resource.creators) add('creator', name);
  for (const { subject } of resource.subjects ?? []) add('subject', subject);
  for (const { description } of resource.descriptions ?? []) add('description', description);
  add('publisher', resource.publisher.name);
  for (const { name } of resource.contributors ?? []) add('contributor', name);
  const issued = resource.dates?.find(({ dateType }) => dateType === 'Issued');
  add('date', issued?.date ?? String(publicationYear));
  for (const one of resource.dates ?? [])
    if (one !== issued && one.dateType !== 'Available') add('date', one.date);
  if (access.endsOn !== undefined) add('date', `info:eu-repo/date/embargoEnd/${access.endsOn}`);
  add('type', types.resourceTypeGeneral);
  add('type', types.resourceType);
  for (const format of resource.formats ?? []) add('format', format);
  for (const size of resource.sizes ?? []) add('format', size);
  add('identifier', doiUrl(resource.doi));
  add('identifier', context.landingPage);
  for (const { alternateIdentifier } of resource.alternateIdentifiers ?? [])
    add('identifier', alternateIdentifier);
  add('language', resource.language);
  for (const related of resource.relatedIdentifiers ?? []) add('relation', relatedUrl(related));
  for (const place of resource.geoLocations ?? []) add('coverage', coverageOf(place));
  add('rights', access.uri);
  for (const rights of resource.rightsList ?? []) for (const text of textsOf(rights)) add('rights', text);
  return `${xml}</oai_dc:dc>`;
}

function textsOf({ rights, rightsUri }: Rights): (string | undefined)[] {
  return rightsUri?.startsWith('info:eu-repo/semantics/') === true ? [] : [rightsUri, rights];
}

/** Places by name, else in the words of DCMI Point and Box. */
function coverageOf({ geoLocationPlace, geoLocationPoint, geoLocationBox }: GeoLocation): string | undefined {
  if (geoLocationPlace !== undefined) return geoLocationPlace;
  if (geoLocationPoint !== undefined)
    return `east=${geoLocationPoint.pointLongitude}; north=${geoLocationPoint.pointLatitude}`;
  if (geoLocationBox === undefined) return undefined;
  const { northBoundLatitude, southBoundLatitude, eastBoundLongitude, westBoundLongitude } = geoLocationBox;
  return (
    `northlimit=${northBoundLatitude}; southlimit=${southBoundLatitude}; ` +
    `westlimit=${westBoundLongitude}; eastlimit=${eastBoundLongitude}`
  );
}
