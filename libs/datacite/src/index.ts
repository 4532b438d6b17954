export { doiKey, doiPath, doiUrl, isDoi } from './doi.js';
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
export { dataciteXml, oaiDcXml, type RenderingContext } from './xml.js';
