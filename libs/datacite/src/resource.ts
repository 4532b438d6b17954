/**
 * Metadata of one DOI after DataCite kernel 4.6, in the property names of DataCite's REST API (attributes of `dois`).
 * Both the JSON that is sent to DataCite and the XML that is shown to harvesters are made of this.
 */
export interface DataciteResource {
  /** Without resolver, for example `10.5072/abc`; the case it was registered with. */
  readonly doi: string;
  readonly creators: readonly Person[];
  readonly titles: readonly Title[];
  readonly publisher: Publisher;
  /** Four digits. */
  readonly publicationYear: number;
  readonly types: { readonly resourceTypeGeneral: string; readonly resourceType?: string };
  readonly subjects?: readonly Subject[];
  readonly contributors?: readonly Contributor[];
  readonly dates?: readonly DateOf[];
  /** BCP 47. */
  readonly language?: string;
  readonly alternateIdentifiers?: readonly {
    readonly alternateIdentifier: string;
    readonly alternateIdentifierType: string;
  }[];
  readonly relatedIdentifiers?: readonly RelatedIdentifier[];
  /** Free text, for example `12 files`, `3 GB`. */
  readonly sizes?: readonly string[];
  readonly formats?: readonly string[];
  readonly version?: string;
  readonly rightsList?: readonly Rights[];
  readonly descriptions?: readonly Description[];
  readonly geoLocations?: readonly GeoLocation[];
  readonly fundingReferences?: readonly FundingReference[];
}

export interface NameIdentifier {
  /** As a URL where the scheme has one, for example `https://orcid.org/0000-0002-1825-0097`. */
  readonly nameIdentifier: string;
  readonly nameIdentifierScheme: string;
  readonly schemeUri?: string;
}

export interface Affiliation {
  readonly name: string;
  /** For example `https://ror.org/03eh3y714`. */
  readonly affiliationIdentifier?: string;
  readonly affiliationIdentifierScheme?: string;
  readonly schemeUri?: string;
}

export interface Person {
  /** `Family, Given` for people. */
  readonly name: string;
  readonly nameType?: 'Personal' | 'Organizational';
  readonly givenName?: string;
  readonly familyName?: string;
  readonly nameIdentifiers?: readonly NameIdentifier[];
  readonly affiliation?: readonly Affiliation[];
}

export interface Contributor extends Person {
  readonly contributorType: string;
}

export interface Title {
  readonly title: string;
  readonly titleType?: string;
  readonly lang?: string;
}

export interface Publisher {
  readonly name: string;
  readonly publisherIdentifier?: string;
  readonly publisherIdentifierScheme?: string;
  readonly schemeUri?: string;
  readonly lang?: string;
}

export interface Subject {
  readonly subject: string;
  readonly subjectScheme?: string;
  readonly schemeUri?: string;
  readonly valueUri?: string;
  readonly lang?: string;
}

export interface DateOf {
  /** W3CDTF or an RKMS-ISO8601 range (`2020-01-01/2020-02-01`). */
  readonly date: string;
  readonly dateType: string;
  readonly dateInformation?: string;
}

export interface RelatedIdentifier {
  readonly relatedIdentifier: string;
  readonly relatedIdentifierType: string;
  readonly relationType: string;
  readonly resourceTypeGeneral?: string;
}

export interface Rights {
  readonly rights?: string;
  readonly rightsUri?: string;
  /** SPDX id in lower case, for example `cc-by-4.0`. */
  readonly rightsIdentifier?: string;
  readonly rightsIdentifierScheme?: string;
  readonly schemeUri?: string;
  readonly lang?: string;
}

export interface Description {
  readonly description: string;
  readonly descriptionType: string;
  readonly lang?: string;
}

export interface GeoLocation {
  readonly geoLocationPlace?: string;
  readonly geoLocationPoint?: { readonly pointLongitude: number; readonly pointLatitude: number };
  readonly geoLocationBox?: {
    readonly westBoundLongitude: number;
    readonly eastBoundLongitude: number;
    readonly southBoundLatitude: number;
    readonly northBoundLatitude: number;
  };
}

export interface FundingReference {
  readonly funderName: string;
  readonly funderIdentifier?: string;
  readonly funderIdentifierType?: string;
  readonly awardNumber?: string;
  readonly awardUri?: string;
  readonly awardTitle?: string;
}
