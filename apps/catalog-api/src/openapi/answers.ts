/**
 * What the API answers, as the published SDK names and types it: `name`, `name?` where it may be absent, `:type` where
 * it is not text; `date` is ISO 8601 text, `object` anything, `[]` a list, `map:` an object of these by name, a capital
 * letter another of these.
 */
const queryable = 'createdBy updatedBy createdAt:date updatedAt:date';
const ownable = 'ownerGroup accessGroups:string[] instrumentGroup? isPublished:boolean';
const owned = `${queryable} ${ownable}`;
const datasetStart = `ownerEmail? orcidOfOwner? contactEmail sourceFolder sourceFolderHost? size?:number packedSize?:number numberOfFiles?:number numberOfFilesArchived?:number creationTime:date validationStatus? keywords?:string[] description?`;
const partialDatasetStart = `ownerEmail? orcidOfOwner? contactEmail? sourceFolder? sourceFolderHost? size?:number packedSize?:number numberOfFiles?:number numberOfFilesArchived?:number creationTime?:date validationStatus? keywords?:string[] description?`;
const datasetMiddle = `classification? license? isPublished?:boolean techniques?:TechniqueClass[] sharedWith?:string[] relationships?:CreateRelationshipDto[] datasetlifecycle?:LifecycleClass scientificMetadata?:object scientificMetadataSchema? scientificMetadataValid?:boolean comment? dataQualityMetrics?:number`;
const datasetEnd = `principalInvestigators?:string[] startTime?:date endTime?:date creationLocation? dataFormat? proposalIds?:string[] sampleIds?:string[] instrumentIds?:string[] inputDatasets?:string[] usedSoftware?:string[] jobParameters?:object jobLogData? runNumber?`;
const lifecycle = `archivable?:boolean retrievable?:boolean publishable?:boolean dateOfDiskPurging?:date archiveRetentionTime?:date dateOfPublishing?:date publishedOn?:date isOnCentralDisk?:boolean archiveStatusMessage? retrieveStatusMessage? archiveReturnMessage?:object retrieveReturnMessage?:object exportedTo? retrieveIntegrityCheck?:boolean storageLocation?`;
const policy = `manager:string[] tapeRedundancy autoArchive:boolean autoArchiveDelay:number archiveEmailNotification:boolean archiveEmailsToBeNotified:string[] retrieveEmailNotification:boolean retrieveEmailsToBeNotified:string[] embargoPeriod:number`;
const health =
  'status? info?:map:HealthControllerCheckV3200ResponseInfoValue error?:map:HealthControllerCheckV3200ResponseInfoValue details?:map:HealthControllerCheckV3200ResponseInfoValue';

const answers: Readonly<Record<string, string>> = {
  Attachment: `${owned} aid thumbnail caption relationships?:AttachmentRelationshipClass[]`,
  AttachmentRelationshipClass: 'targetId targetType relationType',
  AttachmentRelationshipsV4Dto: 'targetId targetType relationType?',
  CommandLineClient: 'issuer clientId scope',
  CountApiResponse: 'count:number',
  CreateRelationshipDto: 'identifier identifierType? relationship? entityType? externalId?',
  CreateUserJWT: 'jwt',
  DataFile: 'path size:number time:date chk? uid? gid? perm? type? metadata?:object',
  Datablock: `${owned} _id datasetId archiveId size:number packedSize:number chkAlg? version dataFileList:DataFile[]`,
  DatasetClass: `${owned} pid owner ownerEmail? orcidOfOwner? contactEmail sourceFolder sourceFolderHost? size:number packedSize?:number numberOfFiles:number numberOfFilesArchived?:number creationTime:date type validationStatus? keywords?:string[] description? datasetName classification? license? version datasetlifecycle:LifecycleClass techniques?:TechniqueClass[] relationships?:RelationshipClass[] sharedWith?:string[] scientificMetadata?:object scientificMetadataSchema? scientificMetadataValid?:boolean comment? dataQualityMetrics?:number principalInvestigators?:string[] startTime?:date endTime?:date creationLocation dataFormat? runNumber? proposalIds?:string[] sampleIds?:string[] instrumentIds?:string[] inputDatasets?:string[] usedSoftware?:string[] jobParameters?:object jobLogData?`,
  DatasetListDto: 'pid files:string[]',
  FindByIdAccessResponse: 'canAccess:boolean',
  FormPopulateData: 'resourceType? description? title? abstract? thumbnail? metadata?:object',
  FullFacetFilters: 'facets? fields?',
  FullFacetResponse: 'all:TotalSets[]',
  HealthControllerCheckV3200Response: health,
  HealthControllerCheckV3200ResponseInfoValue: 'status',
  HealthControllerCheckV3503Response: health,
  HistoryClass: 'id updatedAt:date updatedBy',
  ICount: 'count:number',
  Instrument: `${queryable} pid uniqueName name customMetadata?:object`,
  IsValidResponse: 'valid:boolean reason?:string[]',
  JobClass: `${owned} id ownerUser type statusCode? statusMessage? jobParams:object contactEmail? configVersion jobResultObject:object`,
  LifecycleClass: `${lifecycle}`,
  Logbook: 'name roomId messages:object[]',
  MeasurementPeriodClass: '_id? instrument start:date end:date comment?',
  OrigDatablock: `${owned} _id datasetId size:number chkAlg? dataFileList:DataFile[]`,
  OutputAttachmentV3Dto: `ownerGroup accessGroups?:string[] instrumentGroup? createdAt:date updatedAt:date id? datasetId? proposalId? sampleId? thumbnail? caption`,
  OutputAttachmentV4Dto: `ownerGroup accessGroups?:string[] instrumentGroup? createdAt:date updatedAt:date aid? thumbnail? caption relationships?:AttachmentRelationshipsV4Dto[] isPublished:boolean`,
  OutputDatasetDto: `ownerGroup accessGroups?:string[] instrumentGroup? owner? ${datasetStart} datasetName ${datasetMiddle} ${datasetEnd} pid type ${queryable} version`,
  OutputDatasetObsoleteDto: `ownerGroup accessGroups?:string[] instrumentGroup? owner ${datasetStart} datasetName? ${datasetMiddle} proposalId? runNumber? pid type version? principalInvestigator? startTime?:date endTime?:date creationLocation? dataFormat? sampleId? instrumentId? investigator? inputDatasets?:string[] usedSoftware?:string[] jobParameters?:object jobLogData? attachments?:OutputAttachmentV3Dto[] origdatablocks?:OrigDatablock[] datablocks?:Datablock[] history?:HistoryClass[] ${queryable}`,
  OutputJobV3Dto: `id emailJobInitiator? type creationTime:date executionTime?:date jobParams:object jobStatusMessage? datasetList:DatasetListDto[] jobResultObject:object`,
  OutputMetadataKeyDto: `${queryable} id key humanReadableName? userGroups:string[] sourceType usageCount:number isPublished:boolean`,
  OutputOrigDatablockDto: `ownerGroup? accessGroups?:string[] instrumentGroup? size:number chkAlg? dataFileList:DataFile[] isPublished?:boolean datasetId ${queryable} version`,
  OutputRuntimeConfigDto: 'cid data:object updatedBy createdBy createdAt:date updatedAt:date',
  OutputSampleDto: `ownerGroup accessGroups?:string[] instrumentGroup? ${queryable} version? sampleCharacteristics?:object sampleId? sampleName owner? description? type? proposalId? parentSampleId? isPublished?:boolean`,
  PartialOutputDatasetDto: `ownerGroup? accessGroups?:string[] instrumentGroup? owner? ${partialDatasetStart} datasetName? ${datasetMiddle} ${datasetEnd} pid? type? createdBy? updatedBy? createdAt?:date updatedAt?:date version?`,
  PartialOutputJobDto: `type? jobParams?:object ownerUser? ownerGroup? contactEmail? id? statusCode? statusMessage? configVersion? jobResultObject?:object createdBy? updatedBy? createdAt?:date updatedAt?:date datasets:PartialOutputDatasetDto[] datasetDetails:PartialOutputDatasetDto[]`,
  PartialOutputOrigDatablockDto: `ownerGroup? accessGroups?:string[] instrumentGroup? size?:number chkAlg? dataFileList?:DataFile[] isPublished?:boolean datasetId? createdBy? updatedBy? createdAt?:date updatedAt?:date version?`,
  PasswordUpdateResponse: 'message',
  Policy: `${owned} _id ${policy}`,
  ProposalCountFilters: 'fields? filter?',
  ProposalClass: `${owned} proposalId pi_email? pi_firstname? pi_lastname? email firstname? lastname? title abstract? startTime?:date endTime?:date MeasurementPeriodList?:MeasurementPeriodClass[] metadata?:object parentProposalId:any type instrumentIds?:string[] numberOfDatasets?:number keywords:string[]`,
  PublishedData: `${queryable} doi title abstract numberOfFiles?:number sizeOfArchive?:number datasetPids:string[] registeredTime?:date status metadata?:object`,
  PublishedDataConfigDto: 'metadataSchema:object uiSchema:object',
  PublishedDataObsoleteDto: `doi affiliation? creator:string[] publisher publicationYear:number title url? abstract dataDescription resourceType numberOfFiles?:number sizeOfArchive?:number pidArray:string[] authors?:string[] registeredTime:date status scicatUser? thumbnail? relatedPublications?:string[] downloadLink? createdAt:date updatedAt:date _id`,
  RelationshipClass: 'identifier identifierType relationship entityType externalId?',
  ReturnedAuthLoginDto: 'access_token id expires_in:number ttl:number created userId user:ReturnedUserDto',
  ReturnedUserDto: 'id username email emailVerified?:boolean realm? authStrategy',
  SampleWithAttachmentsAndDatasets: `${owned} attachments?:OutputAttachmentV3Dto[] datasets?:DatasetClass[] sampleId owner? sampleName description? type? proposalId? parentSampleId? sampleCharacteristics?:object version?`,
  TechniqueClass: 'pid name',
  TotalSets: 'totalSets:number',
  UpdateDatasetLifecycleDto: `${lifecycle}`,
  UpdatePolicyDto: `ownerGroup accessGroups?:string[] instrumentGroup? ${policy}`,
  UserIdentity: `authStrategy created:date credentials:object externalId modified:date profile:UserProfile provider userId`,
  UserProfile: `displayName? email username thumbnailPhoto? id? emails?:object[] accessGroups:string[] oidcClaims?:object[]`,
  UserSettings: 'id? datasetCount:number jobCount:number userId externalSettings:any',
};

interface Schema {
  readonly [keyword: string]: unknown;
}

const plainTypes: Readonly<Record<string, Schema>> = {
  string: { type: 'string' },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  date: { type: 'string', format: 'date-time' },
  object: { type: 'object', additionalProperties: true },
  any: {},
};

/** The schemas of all answers, by name. */
export function answerSchemas(): Record<string, Schema> {
  return Object.fromEntries(Object.entries(answers).map(([name, text]) => [name, schemaOf(text)]));
}

/** A type by its name: text, a plain type, or a reference. */
export function typeSchema(type: string): Schema {
  if (type.startsWith('map:'))
    return { type: 'object', additionalProperties: typeSchema(type.slice('map:'.length)) };
  if (type.endsWith('[]')) return { type: 'array', items: typeSchema(type.slice(0, -2)) };
  return plainTypes[type] ?? { $ref: `#/components/schemas/${type}` };
}

function schemaOf(text: string): Schema {
  const fields = text.split(/\s+/).map((field) => {
    const [name = '', ...types] = field.split(':');
    const type = types.length === 0 ? 'string' : types.join(':');
    return { name: name.replace('?', ''), optional: name.endsWith('?'), type };
  });
  const required = fields.filter(({ optional }) => !optional).map(({ name }) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map(({ name, type }) => [name, typeSchema(type)])),
    ...(required.length === 0 ? {} : { required }),
  };
}
