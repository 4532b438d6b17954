export { embargoOf, type RenderingContext } from './access.js';
export { dayIn, isTimeZone, startOfDay } from './time-zone.js';
export { toDataciteAttributes, type DataciteEvent, type Registration } from './attributes.js';
export { doiKey, doiPath, doiUrl, isDoi } from './doi.js';
export { licenceOf } from './licences.js';
export { oaiDcXml } from './oai-dc.js';
export { problemsOf, type Problem } from './problems.js';
export { relatedUrl } from './related.js';
export type {
  Affiliation,
  Contributor,
  DataciteResource,
  DateOf,
  Description,
  FundingReference,
  GeoLocation,
  NameIdentifier,
  Person,
  Publisher,
  RelatedIdentifier,
  Rights,
  Subject,
  Title,
} from './resource.js';
export { resourceFrom, type PublicationDataset, type ScicatPublication } from './scicat-publication.js';
export {
  contributorTypes,
  dateTypes,
  descriptionTypes,
  funderIdentifierTypes,
  nameTypes,
  relatedIdentifierTypes,
  relationTypes,
  resourceTypes,
  titleTypes,
  type ContributorType,
  type DateType,
  type DescriptionType,
  type FunderIdentifierType,
  type NameType,
  type RelatedIdentifierType,
  type RelationType,
  type ResourceTypeGeneral,
  type TitleType,
} from './vocabularies.js';
export { dataciteXml } from './xml.js';
export { xmlAttribute, xmlText } from './xml-text.js';
