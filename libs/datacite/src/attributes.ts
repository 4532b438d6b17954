import type { DataciteResource } from './resource.js';

/** A step of DataCite's machine of draft, registered and findable. */
export type DataciteEvent = 'publish' | 'register' | 'hide';

/** Where the DOI shall lead, and what shall become of it. */
export interface Registration {
  /** Canonical address of the landing page. */
  readonly url: string;
  readonly event?: DataciteEvent;
}

/**
 * `data.attributes` of a `PUT /dois/<doi>` at DataCite's REST API. Every list is sent, empty ones too: what is left
 * out would keep its former value there.
 */
export function toDataciteAttributes(
  resource: DataciteResource,
  { url, event }: Registration,
): Record<string, unknown> {
  const { alternateIdentifiers = [], ...others } = resource;
  return {
    subjects: [],
    contributors: [],
    dates: [],
    language: null,
    relatedIdentifiers: [],
    sizes: [],
    formats: [],
    version: null,
    rightsList: [],
    descriptions: [],
    geoLocations: [],
    fundingReferences: [],
    ...others,
    // DataCite refuses its own kind here.
    identifiers: alternateIdentifiers
      .filter(({ alternateIdentifierType }) => alternateIdentifierType.toUpperCase() !== 'DOI')
      .map(({ alternateIdentifier, alternateIdentifierType }) => ({
        identifier: alternateIdentifier,
        identifierType: alternateIdentifierType,
      })),
    schemaVersion: 'http://datacite.org/schema/kernel-4',
    url,
    ...(event === undefined ? {} : { event }),
  };
}
