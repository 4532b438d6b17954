/** Controlled lists of DataCite kernel 4.6. Their case counts. */

/** Kinds of resources (`resourceTypeGeneral`). */
export const resourceTypes = [
  'Audiovisual',
  'Award',
  'Book',
  'BookChapter',
  'Collection',
  'ComputationalNotebook',
  'ConferencePaper',
  'ConferenceProceeding',
  'DataPaper',
  'Dataset',
  'Dissertation',
  'Event',
  'Image',
  'Instrument',
  'InteractiveResource',
  'Journal',
  'JournalArticle',
  'Model',
  'OutputManagementPlan',
  'PeerReview',
  'PhysicalObject',
  'Preprint',
  'Project',
  'Report',
  'Service',
  'Software',
  'Sound',
  'Standard',
  'StudyRegistration',
  'Text',
  'Workflow',
  'Other',
] as const;
export type ResourceTypeGeneral = (typeof resourceTypes)[number];

/** Roles of contributors. */
export const contributorTypes = [
  'ContactPerson',
  'DataCollector',
  'DataCurator',
  'DataManager',
  'Distributor',
  'Editor',
  'HostingInstitution',
  'Other',
  'Producer',
  'ProjectLeader',
  'ProjectManager',
  'ProjectMember',
  'RegistrationAgency',
  'RegistrationAuthority',
  'RelatedPerson',
  'ResearchGroup',
  'RightsHolder',
  'Researcher',
  'Sponsor',
  'Supervisor',
  'Translator',
  'WorkPackageLeader',
] as const;
export type ContributorType = (typeof contributorTypes)[number];

/** What a date tells. */
export const dateTypes = [
  'Accepted',
  'Available',
  'Collected',
  'Copyrighted',
  'Coverage',
  'Created',
  'Issued',
  'Other',
  'Submitted',
  'Updated',
  'Valid',
  'Withdrawn',
] as const;
export type DateType = (typeof dateTypes)[number];

/** Kinds of descriptions. */
export const descriptionTypes = [
  'Abstract',
  'Methods',
  'SeriesInformation',
  'TableOfContents',
  'TechnicalInfo',
  'Other',
] as const;
export type DescriptionType = (typeof descriptionTypes)[number];

/** Kinds of further titles; the main title has none. */
export const titleTypes = ['AlternativeTitle', 'Subtitle', 'TranslatedTitle', 'Other'] as const;
export type TitleType = (typeof titleTypes)[number];

/** People and organisations. */
export const nameTypes = ['Organizational', 'Personal'] as const;
export type NameType = (typeof nameTypes)[number];

/** Schemes of related identifiers. */
export const relatedIdentifierTypes = [
  'ARK',
  'arXiv',
  'bibcode',
  'CSTR',
  'DOI',
  'EAN13',
  'EISSN',
  'Handle',
  'IGSN',
  'ISBN',
  'ISSN',
  'ISTC',
  'LISSN',
  'LSID',
  'PMID',
  'PURL',
  'RRID',
  'UPC',
  'URL',
  'URN',
  'w3id',
] as const;
export type RelatedIdentifierType = (typeof relatedIdentifierTypes)[number];

/** How this resource stands to a related one. */
export const relationTypes = [
  'IsCitedBy',
  'Cites',
  'IsSupplementTo',
  'IsSupplementedBy',
  'IsContinuedBy',
  'Continues',
  'IsNewVersionOf',
  'IsPreviousVersionOf',
  'IsPartOf',
  'HasPart',
  'IsPublishedIn',
  'IsReferencedBy',
  'References',
  'IsDocumentedBy',
  'Documents',
  'IsCompiledBy',
  'Compiles',
  'IsVariantFormOf',
  'IsOriginalFormOf',
  'IsIdenticalTo',
  'HasMetadata',
  'IsMetadataFor',
  'Reviews',
  'IsReviewedBy',
  'IsDerivedFrom',
  'IsSourceOf',
  'Describes',
  'IsDescribedBy',
  'HasVersion',
  'IsVersionOf',
  'Requires',
  'IsRequiredBy',
  'Obsoletes',
  'IsObsoletedBy',
  'Collects',
  'IsCollectedBy',
  'HasTranslation',
  'IsTranslationOf',
] as const;
export type RelationType = (typeof relationTypes)[number];

/** Schemes of identifiers of funders. */
export const funderIdentifierTypes = ['ISNI', 'GRID', 'ROR', 'Crossref Funder ID', 'Other'] as const;
export type FunderIdentifierType = (typeof funderIdentifierTypes)[number];
