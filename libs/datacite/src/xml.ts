import { accessOf, type RenderingContext } from './access.js';
import type {
  Contributor,
  DataciteResource,
  FundingReference,
  GeoLocation,
  Person,
  Rights,
} from './resource.js';
import { isLanguage, uriOf } from './syntax.js';
import {
  contributorTypes,
  dateTypes,
  descriptionTypes,
  funderIdentifierTypes,
  nameTypes,
  relatedIdentifierTypes,
  relationTypes,
  resourceTypes,
  titleTypes,
} from './vocabularies.js';
import { optionalAttribute, xmlText } from './xml-text.js';

const namespace = 'http://datacite.org/schema/kernel-4';
const opening =
  `<resource xmlns="${namespace}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ` +
  `xsi:schemaLocation="${namespace} https://schema.datacite.org/meta/kernel-4.6/metadata.xsd">`;
/** DataCite's word for what should be there and is not. */
const unavailable = '(:unav)';

/**
 * The resource as a kernel 4.6 `resource` element with its namespace declarations.
 *
 * Never throws for a resource of the right shape and is always valid: what `problemsOf` would report is left out or
 * rendered as `Other` or `(:unav)`. Access rights are added in the words OpenAIRE asks for, and the end of an embargo
 * as date of type `Available`.
 */
export function dataciteXml(resource: DataciteResource, context: RenderingContext): string {
  const { publisher, types } = resource;
  return (
    opening +
    `<identifier identifierType="DOI">${xmlText(resource.doi)}</identifier>` +
    list('creators', resource.creators.length === 0 ? [{ name: unavailable }] : resource.creators, creator) +
    list(
      'titles',
      resource.titles.length === 0 ? [{ title: unavailable }] : resource.titles,
      ({ title, titleType, lang }) =>
        `<title${known(titleTypes, 'titleType', titleType)}${language(lang)}>${xmlText(title)}</title>`,
    ) +
    `<publisher${optionalAttribute('publisherIdentifier', publisher.publisherIdentifier)}` +
    optionalAttribute('publisherIdentifierScheme', publisher.publisherIdentifierScheme) +
    `${uri('schemeURI', publisher.schemeUri)}${language(publisher.lang)}>${filled(publisher.name)}</publisher>` +
    `<publicationYear>${yearOf(resource.publicationYear)}</publicationYear>` +
    `<resourceType resourceTypeGeneral="${among(resourceTypes, types.resourceTypeGeneral)}">` +
    `${xmlText(types.resourceType ?? '')}</resourceType>` +
    list(
      'subjects',
      resource.subjects,
      ({ subject, subjectScheme, schemeUri, valueUri, lang }) =>
        `<subject${optionalAttribute('subjectScheme', subjectScheme)}${uri('schemeURI', schemeUri)}` +
        `${uri('valueURI', valueUri)}${language(lang)}>${xmlText(subject)}</subject>`,
    ) +
    list('contributors', resource.contributors, contributor) +
    list(
      'dates',
      datesOf(resource, context),
      ({ date, dateType, dateInformation }) =>
        `<date dateType="${among(dateTypes, dateType)}"${optionalAttribute('dateInformation', dateInformation)}>` +
        `${xmlText(date)}</date>`,
    ) +
    (resource.language !== undefined && isLanguage(resource.language)
      ? `<language>${resource.language}</language>`
      : '') +
    list(
      'alternateIdentifiers',
      resource.alternateIdentifiers,
      ({ alternateIdentifier, alternateIdentifierType }) =>
        `<alternateIdentifier${optionalAttribute('alternateIdentifierType', alternateIdentifierType || 'Other')}>` +
        `${xmlText(alternateIdentifier)}</alternateIdentifier>`,
    ) +
    list(
      'relatedIdentifiers',
      resource.relatedIdentifiers?.filter(
        ({ relatedIdentifierType, relationType }) =>
          has(relatedIdentifierTypes, relatedIdentifierType) && has(relationTypes, relationType),
      ),
      ({ relatedIdentifier, relatedIdentifierType, relationType, resourceTypeGeneral }) =>
        `<relatedIdentifier${known(resourceTypes, 'resourceTypeGeneral', resourceTypeGeneral)}` +
        ` relatedIdentifierType="${relatedIdentifierType}" relationType="${relationType}">` +
        `${xmlText(relatedIdentifier)}</relatedIdentifier>`,
    ) +
    list('sizes', resource.sizes, (size) => `<size>${xmlText(size)}</size>`) +
    list('formats', resource.formats, (format) => `<format>${xmlText(format)}</format>`) +
    (resource.version === undefined ? '' : `<version>${xmlText(resource.version)}</version>`) +
    list('rightsList', rightsOf(resource, context), rights) +
    list(
      'descriptions',
      resource.descriptions,
      ({ description, descriptionType, lang }) =>
        `<description descriptionType="${among(descriptionTypes, descriptionType)}"${language(lang)}>` +
        `${xmlText(description)}</description>`,
    ) +
    list('geoLocations', resource.geoLocations?.map(geoLocation).filter(isFilled), (text) => text) +
    list('fundingReferences', resource.fundingReferences, funding) +
    '</resource>'
  );
}

function creator(person: Person): string {
  return `<creator>${nameOf('creatorName', person)}${partsOf(person)}</creator>`;
}

function contributor(person: Contributor): string {
  const type = among(contributorTypes, person.contributorType);
  return `<contributor contributorType="${type}">${nameOf('contributorName', person)}${partsOf(person)}</contributor>`;
}

function nameOf(element: string, { name, nameType }: Person): string {
  return `<${element}${known(nameTypes, 'nameType', nameType)}>${filled(name)}</${element}>`;
}

function partsOf({ givenName, familyName, nameIdentifiers = [], affiliation = [] }: Person): string {
  let xml = '';
  if (givenName !== undefined) xml += `<givenName>${xmlText(givenName)}</givenName>`;
  if (familyName !== undefined) xml += `<familyName>${xmlText(familyName)}</familyName>`;
  for (const { nameIdentifier, nameIdentifierScheme, schemeUri } of nameIdentifiers)
    if (nameIdentifier !== '' && nameIdentifierScheme !== '')
      xml +=
        `<nameIdentifier${optionalAttribute('nameIdentifierScheme', nameIdentifierScheme)}` +
        `${uri('schemeURI', schemeUri)}>${xmlText(nameIdentifier)}</nameIdentifier>`;
  for (const one of affiliation)
    if (one.name !== '')
      xml +=
        `<affiliation${optionalAttribute('affiliationIdentifier', one.affiliationIdentifier)}` +
        optionalAttribute('affiliationIdentifierScheme', one.affiliationIdentifierScheme) +
        `${uri('schemeURI', one.schemeUri)}>${xmlText(one.name)}</affiliation>`;
  return xml;
}

function datesOf({ dates = [] }: DataciteResource, context: RenderingContext): DataciteResource['dates'] {
  const { endsOn } = accessOf(context);
  if (endsOn === undefined || dates.some(({ dateType }) => dateType === 'Available')) return dates;
  return [...dates, { date: endsOn, dateType: 'Available' }];
}

function rightsOf({ rightsList = [] }: DataciteResource, context: RenderingContext): readonly Rights[] {
  const { uri: rightsUri, words } = accessOf(context);
  const others = rightsList.filter((one) => !one.rightsUri?.startsWith('info:eu-repo/semantics/'));
  return [...others, { rights: words, rightsUri }];
}

function rights(one: Rights): string {
  return (
    `<rights${uri('rightsURI', one.rightsUri)}${optionalAttribute('rightsIdentifier', one.rightsIdentifier)}` +
    optionalAttribute('rightsIdentifierScheme', one.rightsIdentifierScheme) +
    `${uri('schemeURI', one.schemeUri)}${language(one.lang)}>${xmlText(one.rights ?? '')}</rights>`
  );
}

function geoLocation({ geoLocationPlace, geoLocationPoint, geoLocationBox }: GeoLocation): string {
  let xml = '';
  if (geoLocationPlace !== undefined)
    xml += `<geoLocationPlace>${xmlText(geoLocationPlace)}</geoLocationPlace>`;
  if (geoLocationPoint !== undefined)
    xml += coordinates('geoLocationPoint', [
      ['pointLongitude', geoLocationPoint.pointLongitude, 180],
      ['pointLatitude', geoLocationPoint.pointLatitude, 90],
    ]);
  if (geoLocationBox !== undefined)
    xml += coordinates('geoLocationBox', [
      ['westBoundLongitude', geoLocationBox.westBoundLongitude, 180],
      ['eastBoundLongitude', geoLocationBox.eastBoundLongitude, 180],
      ['southBoundLatitude', geoLocationBox.southBoundLatitude, 90],
      ['northBoundLatitude', geoLocationBox.northBoundLatitude, 90],
    ]);
  return xml === '' ? '' : `<geoLocation>${xml}</geoLocation>`;
}

function coordinates(element: string, values: readonly (readonly [string, number, number])[]): string {
  if (!values.every(([, value, most]) => Math.abs(value) <= most)) return '';
  return `<${element}>${values.map(([name, value]) => `<${name}>${value}</${name}>`).join('')}</${element}>`;
}

function funding(one: FundingReference): string {
  const { funderIdentifier, awardNumber, awardTitle } = one;
  const type = among(funderIdentifierTypes, one.funderIdentifierType ?? '');
  return (
    `<fundingReference><funderName>${filled(one.funderName)}</funderName>` +
    (funderIdentifier === undefined
      ? ''
      : `<funderIdentifier funderIdentifierType="${type}">${xmlText(funderIdentifier)}</funderIdentifier>`) +
    (awardNumber === undefined
      ? ''
      : `<awardNumber${uri('awardURI', one.awardUri)}>${xmlText(awardNumber)}</awardNumber>`) +
    (awardTitle === undefined ? '' : `<awardTitle>${xmlText(awardTitle)}</awardTitle>`) +
    '</fundingReference>'
  );
}

function list<Item>(
  wrapper: string,
  items: readonly Item[] | undefined,
  render: (item: Item) => string,
): string {
  if (items === undefined || items.length === 0) return '';
  let inner = '';
  for (const item of items) inner += render(item);
  return `<${wrapper}>${inner}</${wrapper}>`;
}

function known(values: readonly string[], name: string, value: string | undefined): string {
  return value !== undefined && has(values, value) ? ` ${name}="${value}"` : '';
}

function among(values: readonly string[], value: string): string {
  return has(values, value) ? value : 'Other';
}

function has(values: readonly string[], value: string): boolean {
  return values.includes(value);
}

function language(tag: string | undefined): string {
  return tag !== undefined && isLanguage(tag) ? ` xml:lang="${tag}"` : '';
}

function uri(name: string, value: string | undefined): string {
  return optionalAttribute(name, uriOf(value));
}

function filled(text: string): string {
  return text === '' ? unavailable : xmlText(text);
}

function isFilled(text: string): boolean {
  return text !== '';
}

function yearOf(year: number): string {
  return Number.isInteger(year) && year >= 0 && year <= 9999 ? String(year).padStart(4, '0') : '0000';
}
