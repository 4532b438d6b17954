type Fields = Record<string, unknown>;

/** How a record of each collection looks that belongs to user1 and group1, and is open to nobody else. */
const shapes = {
  Dataset: {
    ...{ type: 'raw', datasetName: 'x', owner: 'x', contactEmail: 'x@example.org', version: 'v3' },
    ...{ sourceFolder: '/x', size: 1, numberOfFiles: 1, creationTime: new Date(0), creationLocation: '/x' },
    ...{ datasetlifecycle: {}, scientificMetadata: {} },
  },
  OrigDatablock: { size: 1, dataFileList: [{ path: 'a', size: 1, time: new Date(0) }] },
  Datablock: { size: 1, packedSize: 1, chkAlg: 'x', version: '1', dataFileList: [] },
  Attachment: { caption: 'x' },
  Proposal: {
    ...{ title: 'x', email: 'x@example.org', type: 'Default Proposal', parentProposalId: null },
    ...{ instrumentIds: [], keywords: [] },
  },
  Sample: { sampleName: 'x', description: 'x', sampleCharacteristics: {} },
  Instrument: { name: 'x', customMetadata: {} },
  Policy: {
    ...{ manager: [], tapeRedundancy: 'low', autoArchive: true, autoArchiveDelay: 7, embargoPeriod: 3 },
    ...{ archiveEmailNotification: false, archiveEmailsToBeNotified: [] },
    ...{ retrieveEmailNotification: false, retrieveEmailsToBeNotified: [] },
  },
  Job: {
    ...{ type: 'archive', statusCode: 'a', statusMessage: 'b', configVersion: 'x' },
    ...{ jobParams: {}, jobResultObject: {} },
  },
  PublishedData: { title: 'x', abstract: 'x', datasetPids: [], metadata: {}, status: 'private' },
} as const satisfies Readonly<Record<string, Fields>>;

export type Kind = keyof typeof shapes;

/** The collections of the records that an address names, the first for its first parameter. */
const named: readonly (readonly [RegExp, readonly Kind[]])[] = [
  [/^\/api\/v3\/(datasets|proposals|samples)\/\{\w+\}\/attachments/, ['Attachment']],
  [/^\/api\/v3\/datasets\/\{\w+\}\/origdatablocks/, ['OrigDatablock']],
  [/^\/api\/v3\/datasets\/\{\w+\}\/datablocks/, ['Datablock']],
  [/^\/api\/v\d\/datasets\/(public\/)?\{/, ['Dataset']],
  [/^\/api\/v\d\/origdatablocks\b/, ['OrigDatablock', 'Dataset']],
  [/^\/api\/v\d\/datablocks\b/, ['Datablock', 'Dataset']],
  [/^\/api\/v\d\/attachments\/\{/, ['Attachment']],
  [/^\/api\/v\d\/(proposals|logbooks)\/\{/, ['Proposal']],
  [/^\/api\/v\d\/samples\/\{/, ['Sample']],
  [/^\/api\/v\d\/instruments\/\{/, ['Instrument']],
  [/^\/api\/v\d\/policies\/\{/, ['Policy']],
  [/^\/api\/v\d\/jobs\/(\{|datasetDetails)/, ['Job']],
  [/^\/api\/v\d\/(publisheddata|publications)\/\{/, ['PublishedData']],
];

/** The collections that must hold a record of that name, so that an address of it names something. */
export function kindsNamed(path: string): Kind[] {
  return named.filter(([pattern]) => pattern.test(path)).flatMap(([, kinds]) => kinds);
}

/** A record of user1 with this name, whatever the collection calls its names. */
export function ownRecord(kind: Kind, name: string): Fields & { _id: string } {
  const ids = Object.fromEntries(
    ['pid', 'id', 'aid', 'proposalId', 'sampleId', 'doi', 'uniqueName', 'archiveId', 'datasetId'].map(
      (id) => [id, name],
    ),
  );
  const relationships = ['dataset', 'proposal', 'sample'].map((targetType) => ({
    ...{ targetId: name, targetType, relationType: 'is attached to' },
  }));
  return {
    ...ids,
    ...(kind === 'Attachment' ? { relationships } : {}),
    ...{ ownerUser: 'user1', ownerGroup: 'group1', accessGroups: [], isPublished: false, sharedWith: [] },
    ...{ createdBy: 'user1', updatedBy: 'user1', createdAt: new Date(0), updatedAt: new Date(0), __v: 0 },
    ...shapes[kind],
    _id: name,
  };
}
