const kept = ['_id', '__v', 'createdBy', 'updatedBy', 'createdAt', 'updatedAt'];
const owned = [...kept, 'ownerGroup', 'accessGroups', 'instrumentGroup', 'isPublished'];
const block = [...owned, 'datasetId', 'size', 'chkAlg', 'dataFileList'];

/**
 * The collections of SciCat's database and the fields it keeps at the top of their documents. A document may have more:
 * Catena hands those on unchanged.
 */
export const scicatCollections = {
  Dataset: [
    ...owned,
    ...[
      'pid',
      'type',
      'owner',
      'ownerEmail',
      'orcidOfOwner',
      'contactEmail',
      'sourceFolder',
      'sourceFolderHost',
    ],
    ...[
      'size',
      'packedSize',
      'numberOfFiles',
      'numberOfFilesArchived',
      'creationTime',
      'datasetName',
      'keywords',
    ],
    ...['description', 'comment', 'validationStatus', 'license', 'dataFormat', 'runNumber', 'classification'],
    ...['techniques', 'sharedWith', 'relationships', 'datasetlifecycle', 'scientificMetadata'],
    ...[
      'scientificMetadataSchema',
      'scientificMetadataValid',
      'dataQualityMetrics',
      'principalInvestigators',
    ],
    ...[
      'startTime',
      'endTime',
      'creationLocation',
      'proposalIds',
      'sampleIds',
      'instrumentIds',
      'inputDatasets',
    ],
    ...['usedSoftware', 'jobParameters', 'jobLogData', 'version'],
  ],
  OrigDatablock: block,
  Datablock: [...block, 'archiveId', 'packedSize', 'version'],
  Attachment: [...owned, 'aid', 'thumbnail', 'caption', 'relationships'],
  Job: [
    ...owned,
    ...[
      'id',
      'ownerUser',
      'type',
      'statusCode',
      'statusMessage',
      'jobParams',
      'contactEmail',
      'configVersion',
    ],
    // `catena` is what Catena keeps of a job.
    ...['jobResultObject', 'catena'],
  ],
  PublishedData: [
    ...kept,
    ...['doi', 'pid', 'title', 'abstract', 'datasetPids', 'numberOfFiles', 'sizeOfArchive', 'registeredTime'],
    ...['status', 'metadata'],
  ],
  Proposal: [
    ...owned,
    ...['proposalId', 'email', 'title', 'pi_email', 'pi_firstname', 'pi_lastname', 'firstname', 'lastname'],
    ...['abstract', 'startTime', 'endTime', 'MeasurementPeriodList', 'metadata', 'parentProposalId', 'type'],
    ...['instrumentIds', 'numberOfDatasets', 'keywords'],
  ],
  Sample: [
    ...owned,
    ...['sampleId', 'sampleName', 'owner', 'description', 'type', 'proposalId', 'parentSampleId'],
    ...['sampleCharacteristics', 'version'],
  ],
  Instrument: [...kept, 'pid', 'uniqueName', 'name', 'customMetadata'],
  Policy: [
    ...owned,
    ...['manager', 'tapeRedundancy', 'autoArchive', 'autoArchiveDelay', 'archiveEmailNotification'],
    ...[
      'archiveEmailsToBeNotified',
      'retrieveEmailNotification',
      'retrieveEmailsToBeNotified',
      'embargoPeriod',
    ],
  ],
  User: ['_id', '__v', 'username', 'email', 'password', 'authStrategy', 'realm', 'emailVerified'],
  UserIdentity: [
    ...['_id', '__v', 'authStrategy', 'credentials', 'externalId', 'provider', 'userId', 'profile'],
    ...['created', 'modified'],
  ],
  UserSetting: ['_id', '__v', 'userId', 'datasetCount', 'jobCount', 'externalSettings'],
  Role: ['_id', '__v', 'name'],
  UserRole: ['_id', '__v', 'userId', 'roleId'],
  History: [
    ...['_id', '__v', 'subsystem', 'documentId', 'before', 'after', 'operation', 'user', 'timestamp'],
  ],
  MetadataKeys: [
    ...owned,
    ...['id', 'key', 'humanReadableName', 'userGroups', 'sourceType', 'sourceId', 'usageCount'],
  ],
  RuntimeConfig: [...kept, 'cid', 'data'],
  InitialDataset: kept,
} as const satisfies Record<string, readonly string[]>;

/** Name of one of SciCat's collections. */
export type ScicatCollection = keyof typeof scicatCollections;
