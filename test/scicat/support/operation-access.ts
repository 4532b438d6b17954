import { rawDataset, v4Dataset } from './datasets.js';

/**
 * Who is let in at each operation of the OpenAPI document, written down beside the code that decides it. Five callers:
 * without a token, signed in without any tie to the record, the owner of the record, an admin, and one who may delete.
 * Each gets a record that belongs to user1. `in`: neither 401 nor 403; `404`: the record is hidden from the caller.
 */
export const callers = ['anonymous', 'stranger', 'owner', 'admin', 'remover'] as const;

/** Operations by what these five are answered. */
export const answers: Readonly<Record<string, string>> = {
  'in in in in in': `
    certificatesControllerFindKeysV4 adminControllerGetConfigV3 adminControllerGetThemeV3 authControllerOidcLoginV3
    authControllerOidcCommandLineV3 authControllerOidcTokenLoginV3 authControllerOidcRedeemV3 authControllerWhoamiV3 datasetsControllerFindAllV3
    datasetsControllerCountV3 datasetsControllerFindOneV3 datasetsControllerFullfacetV3
    datasetsControllerFullqueryV3 datasetsControllerMetadataKeysV3 healthControllerCheckV3
    healthControllerLiveV3 healthControllerReadyV3 instrumentsControllerFindAllV3
    instrumentsControllerFindByIdV3 instrumentsControllerCountV3 instrumentsControllerFindOneV3
    proposalsControllerFindAllV3 proposalsControllerFindByIdAccessV3 proposalsControllerCountV3
    proposalsControllerFullfacetV3 proposalsControllerFullqueryV3 publishedDataControllerFindAllV3
    publishedDataControllerCountV3 runtimeConfigControllerGetConfigV3 samplesControllerFindAllV3
    samplesControllerFindByIdAccessV3 usersControllerGetUserJWTV3 attachmentsV4ControllerFindAllV4
    attachmentsV4ControllerFindAllPublicV4 datasetsPublicV4ControllerFindAllPublicV4
    datasetsPublicV4ControllerFindByIdPublicV4 datasetsPublicV4ControllerCountPublicV4
    datasetsPublicV4ControllerFindOnePublicV4 datasetsPublicV4ControllerFullfacetV4
    datasetsPublicV4ControllerPublicMetadataKeysV4 healthControllerCheckV4 healthControllerLiveV4
    healthControllerReadyV4 metadataKeysV4ControllerFindAllV4
    origDatablocksPublicV4ControllerFindAllPublicV4 origDatablocksPublicV4ControllerFindByIdPublicV4
    origDatablocksPublicV4ControllerFindAllFilesPublicV4
    origDatablocksPublicV4ControllerCountFilesPublicV4 origDatablocksPublicV4ControllerFullfacetV4
    origDatablocksPublicV4ControllerFullfacetFilesV4 publishedDataV4ControllerFindAllV4
    publishedDataV4ControllerGetConfigV4 publishedDataV4ControllerCountV4 metricsControllerText`,
  '403 403 in in 403': `
    jobOverviewControllerFindV4
    datablocksControllerCreateV3 datasetsControllerCreateV3 datasetsControllerAppendToArrayFieldV3
    datasetsControllerCreateAttachmentV3 datasetsControllerFindOneAttachmentAndUpdateV3
    datasetsControllerCreateDatablockV3 datasetsControllerCreateOrigDatablockV3
    datasetsControllerFindOneOrigDatablockAndUpdateV3 jobsControllerFindOneDetailsV3
    origDatablocksControllerCreateV3 origDatablocksControllerIsValidV3
    attachmentsV4ControllerCreateAttachmentV4 attachmentsV4ControllerFindOneAndReplaceV4
    datasetsV4ControllerCreateV4 landingZoneControllerCompleteV4 landingZoneControllerLinksV4
    landingZoneControllerAbortV4 origDatablocksV4ControllerCreateV4 origDatablocksV4ControllerIsValidV4
    datasetsControllerFindByIdAndUpdateV3 datasetsControllerFindAttachmentsAndRemoveV3
    datasetsControllerFindOneAttachmentAndRemoveV3 datasetsControllerFindOneDatablockAndUpdateV3
    datasetsControllerFindLogbookByPidV3 datasetsControllerOrigDatablockIsValidV3 jobsControllerFindOneV3
    jobExtrasControllerEventsV3 jobExtrasControllerHistoryV3 jobExtrasControllerProgressV3
    jobExtrasControllerRetryV3 origDatablocksControllerUpdateV3 proposalsControllerFindByIdV3
    proposalsControllerFindAllAttachmentsV3 samplesControllerFindByIdV3
    samplesControllerFindAllAttachmentsV3 attachmentsV4ControllerFindOneV4
    attachmentsV4ControllerFindOneAndUpdateV4 datasetsV4ControllerFindByIdAndUpdateV4
    landingZoneControllerFilesV4 datasetsV4ControllerFindLogbookByPidV4 jobsV4ControllerFindOneV4
    jobExtrasControllerEventsV4 jobExtrasControllerHistoryV4 jobExtrasControllerProgressV4
    jobExtrasControllerRetryV4 origDatablocksV4ControllerFindByIdAndUpdateV4 datasetsControllerIsValidV3
    attachmentsV4ControllerIsValidV4 datasetsV4ControllerIsValidV4 datasetsControllerFindByIdAndReplaceV3
    datasetsV4ControllerFindByIdAndReplaceV4`,
  '403 in in in in': `
    jobRowsControllerRowsV4 jobRowsControllerCountsV4 datasetJobsControllerRowsV4
    datablocksControllerFindAllV3 datablocksControllerCountV3 jobsControllerFindAllV3
    jobExtrasControllerCancelV3 jobsControllerFullFacetV3 jobsControllerFullQueryV3
    logbooksControllerFindAllV3 logbooksControllerFindByNameV3 origDatablocksControllerFindAllV3
    origDatablocksControllerFullfacetV3 origDatablocksControllerFullfacetFilesV3
    origDatablocksControllerFullqueryV3 origDatablocksControllerFullqueryFilesV3
    proposalsControllerFindAllDatasetsV3 publishedDataControllerCreateV3
    publishedDataControllerFormPopulateV3 datasetsV4ControllerFindAllV4 datasetsV4ControllerCountV4
    datasetsV4ControllerFindOneV4 datasetsV4ControllerFullfacetV4 datasetsV4ControllerMetadataKeysV4
    jobsV4ControllerFindAllV4 jobExtrasControllerCancelV4 retrievedCopiesControllerExtendV3 retrievedCopiesControllerExtendV4
    retrievedCopiesControllerReleaseV3 retrievedCopiesControllerReleaseV4 jobsV4ControllerFindAllDatasetDetailsV4
    jobsV4ControllerFullFacetV4 jobsV4ControllerFullQueryV4 origDatablocksV4ControllerFindAllV4
    origDatablocksV4ControllerFindAllFilesV4 origDatablocksV4ControllerCountFilesV4
    origDatablocksV4ControllerFullfacetV4 origDatablocksV4ControllerFullfacetFilesV4
    publishedDataV4ControllerCreateV4 publishedDataV4ControllerFormPopulateV4`,
  '403 403 403 in 403': `
    sseControllerConnectionsV3 sseControllerConnectionsV4 instrumentsControllerCreateV3 instrumentsControllerUpdateV3
    jobsControllerCreateV3 jobsControllerUpdateV3 jobsControllerReplaceV3 policiesControllerCreateV3
    policiesControllerFindAllV3 policiesControllerFindOneV3 policiesControllerUpdateV3
    policiesControllerCountV3 policiesControllerUpdateWhereV3 proposalsControllerCreateV3
    proposalsControllerUpdateV3 proposalsControllerCreateAttachmentV3
    proposalsControllerFindOneAttachmentAndUpdateV3 proposalsControllerFindOneAttachmentAndRemoveV3
    proposalsControllerIsValidV3 runtimeConfigControllerUpdateConfigV3 jobsV4ControllerCreateV4
    jobsV4ControllerUpdateV4`,
  '403 403 in in in': `
    certificatesControllerFindOneV4 certificatesControllerFindAllV4
    datasetsControllerFindByIdAndUpdateLifecycleV3 datasetsV4ControllerFindByIdAndUpdateLifecycleV4
    datablocksControllerUpdateV3 datasetsControllerFindByIdV3 datasetsControllerFindAllAttachmentsV3
    datasetsControllerAttachmentsCountV3 datasetsControllerFindAllDatablocksV3
    datasetsControllerCountDatablocksV3 datasetsControllerFindLifecycleByIdV3
    datasetsControllerFindAllOrigDatablocksV3 datasetsControllerCountOrigDatablocksV3
    datasetsControllerThumbnailV3 origDatablocksControllerFindByIdV3
    attachmentsV4ControllerFindOneAttachmentAndRemoveV4 datasetsV4ControllerFindByIdV4
    datasetsV4ControllerFindLifecycleByIdV4 origDatablocksV4ControllerFindByIdV4`,
  '403 403 403 403 in': `
    datablocksControllerRemoveV3 datasetsControllerFindByIdAndDeleteV3
    datasetsControllerDeleteAllDatablocksFromDatasetIdV3 datasetsControllerFindOneDatablockAndRemoveV3
    datasetsControllerDeleteAllOrigDatablocksFromDatasetIdV3
    datasetsControllerFindOneOrigDatablockAndRemoveV3 instrumentsControllerRemoveV3 jobsControllerRemoveV3
    origDatablocksControllerRemoveV3 policiesControllerRemoveV3 proposalsControllerRemoveV3
    publishedDataControllerRemoveV3 samplesControllerRemoveV3 datasetsV4ControllerFindByIdAndDeleteV4
    jobsV4ControllerRemoveV4 origDatablocksV4ControllerFindByIdAndDeleteV4`,
  '403 403 403 403 403': `
    certificatesControllerRevokeKeyV4`,
  '401 403 in in 403': `
    samplesControllerCreateV3 samplesControllerCreateAttachmentsV3 samplesControllerUpdateV3
    samplesControllerFindOneAttachmentV3 usersControllerFindByIdV3 usersControllerCanUserCreateDatasetV3
    usersControllerCreateSettingsV3 usersControllerGetSettingsV3 usersControllerUpdateSettingsV3
    usersControllerPatchSettingsV3 usersControllerRemoveSettingsV3 usersControllerPatchExternalSettingsV3
    usersControllerGetUserIdentityV3`,
  '401 in in in in': `
    sseControllerCreateTicketV3 sseControllerCreateTicketV4 sseControllerStreamV3 sseControllerStreamV4 capabilitiesControllerMineV4 samplesControllerFindAllDatasetsV3 samplesControllerCountV3
    samplesControllerFindOneV3 samplesControllerFullqueryV3 samplesControllerMetadataKeysV3
    userIdentitiesControllerFindOneV3 usersControllerFindAllV3 usersControllerGetMyUserIdentityV3
    usersControllerGetMyUserV3 usersControllerGetMySettingsV3 usersControllerUpdateOwnPasswordV3`,
  '401 403 403 in 403': `
    historyControllerFindHistoryV3 historyControllerGetHistoryByCollectionV3
    historyControllerCountHistoryV3 userIdentitiesControllerIsValidEmailV3
    usersControllerCreateCustomJWTV3 usersControllerUpdateUserPasswordV3 publishedDataV4ControllerAmendV4`,
  '401 401 401 401 401': `
    authControllerLdapLoginV3 authControllerLoginV3 authControllerMsadLoginV3
    authControllerLoginCallbackV3 usersControllerLoginV3`,
  '401 404 in in 404': `
    publishedDataV4ControllerUpdateV4 publishedDataV4ControllerPublishV4
    publishedDataV4ControllerRegisterV4 publishedDataV4ControllerResyncV4`,
  '404 404 in in 404': `
    publishedDataControllerFindOneV3 publishedDataV4ControllerFindOneV4 publicationsControllerStatusV4`,
  '403 404 in in 404': `
    publishedDataControllerUpdateV3 publishedDataControllerRegisterV3 publishedDataControllerResyncV3`,
  '403 403 403 in in': `
    publicationsControllerRowsV4 publicationsControllerSnapshotV4 publicationsControllerFilesV4`,
  '403 401 in in in': `
    datablocksControllerFindByIdV3`,
  '401 in 403 in in': `
    publicationsControllerWithdrawV4`,
  '401 403 in in in': `
    samplesControllerFindOneAttachmentAndRemoveV3`,
  '401 403 403 403 in': `
    publishedDataV4ControllerRemoveV4`,
};

/** Not asked, and why: this list may only shrink. */
export const notAsked: Readonly<Record<string, string>> = {
  authControllerLogoutV3: 'ends the session that the other questions need',
  usersControllerLogoutV3: 'ends the session that the other questions need',
};

/** Operations whose success nobody has seen in that test: this list may only shrink. */
export const notAnswered = `
  certificatesControllerFindOneV4 certificatesControllerRevokeKeyV4 adminControllerGetConfigV3 adminControllerGetThemeV3 authControllerLdapLoginV3
  authControllerLoginCallbackV3 authControllerLoginV3 authControllerLogoutV3 authControllerMsadLoginV3
  authControllerOidcCommandLineV3 authControllerOidcLoginV3 authControllerOidcTokenLoginV3 authControllerOidcRedeemV3 jobExtrasControllerCancelV3
  jobExtrasControllerCancelV4 jobExtrasControllerRetryV3 jobExtrasControllerRetryV4
  retrievedCopiesControllerExtendV3 retrievedCopiesControllerExtendV4 retrievedCopiesControllerReleaseV3
  retrievedCopiesControllerReleaseV4 jobsControllerCreateV3 jobsControllerReplaceV3 jobsControllerUpdateV3 jobsV4ControllerCreateV4
  jobsV4ControllerUpdateV4 landingZoneControllerCompleteV4 metricsControllerText
  policiesControllerUpdateWhereV3 publicationsControllerWithdrawV4 publishedDataControllerCreateV3
  publishedDataControllerRegisterV3 publishedDataV4ControllerAmendV4 publishedDataV4ControllerCreateV4
  publishedDataV4ControllerPublishV4 publishedDataV4ControllerRegisterV4
  runtimeConfigControllerGetConfigV3 runtimeConfigControllerUpdateConfigV3
  usersControllerCreateSettingsV3 usersControllerLoginV3 usersControllerLogoutV3
  usersControllerUpdateOwnPasswordV3 usersControllerUpdateUserPasswordV3`;

type Fields = Record<string, unknown>;

const files = [{ path: 'a', size: 1, time: '2020-01-01T00:00:00.000Z' }];
const block = { size: 1, dataFileList: files };
const archived = (name: string): Fields => ({
  ...block,
  archiveId: `new ${name}`,
  packedSize: 1,
  version: '1',
});
const attachment = { ownerGroup: 'group1', caption: 'x' };
const attachmentV4 = { ...attachment, isPublished: false };

/** Bodies and queries that get as far as the record, for operations that would refuse an empty one first. */
const bodies: Readonly<Record<string, Fields | ((name: string) => Fields)>> = {
  attachmentsV4ControllerCreateAttachmentV4: attachmentV4,
  attachmentsV4ControllerFindOneAndReplaceV4: attachmentV4,
  attachmentsV4ControllerIsValidV4: attachmentV4,
  datablocksControllerCreateV3: (name) => ({ ...archived(name), datasetId: name }),
  datasetsControllerCreateAttachmentV3: attachment,
  datasetsControllerCreateDatablockV3: archived,
  datasetsControllerCreateOrigDatablockV3: block,
  datasetsControllerCreateV3: rawDataset(),
  datasetsControllerFindByIdAndReplaceV3: rawDataset({ type: undefined }),
  datasetsControllerFindByIdAndUpdateLifecycleV3: { archivable: true },
  datasetsControllerFindOneAttachmentAndUpdateV3: attachment,
  datasetsControllerFindOneOrigDatablockAndUpdateV3: block,
  datasetsControllerIsValidV3: rawDataset(),
  datasetsV4ControllerCreateV4: v4Dataset(),
  datasetsV4ControllerFindByIdAndReplaceV4: v4Dataset({ type: undefined }),
  datasetsV4ControllerFindByIdAndUpdateLifecycleV4: { archivable: true },
  datasetsV4ControllerIsValidV4: v4Dataset(),
  instrumentsControllerCreateV3: (name) => ({ uniqueName: `new ${name}`, name: 'x' }),
  landingZoneControllerAbortV4: { path: 'a', uploadId: 'x' },
  landingZoneControllerCompleteV4: { path: 'a', uploadId: 'x', parts: [{ partNumber: 1, etag: 'x' }] },
  landingZoneControllerLinksV4: { files: [{ path: 'a', size: 1 }] },
  origDatablocksControllerCreateV3: (datasetId) => ({ ...block, datasetId }),
  origDatablocksControllerIsValidV3: (datasetId) => ({ ...block, datasetId }),
  origDatablocksV4ControllerCreateV4: (datasetId) => ({ ...block, datasetId }),
  origDatablocksV4ControllerIsValidV4: (datasetId) => ({ ...block, datasetId }),
  policiesControllerCreateV3: (name) => ({ ownerGroup: `new ${name}` }),
  proposalsControllerCreateAttachmentV3: attachment,
  proposalsControllerCreateV3: (name) => ({
    ...{ proposalId: `new ${name}`, title: 'x', email: 'x@example.org', ownerGroup: 'group1' },
  }),
  publicationsControllerWithdrawV4: { reason: 'It was all wrong.' },
  samplesControllerCreateAttachmentsV3: attachment,
  samplesControllerCreateV3: { ownerGroup: 'group1', description: 'x' },
};
const queries: Readonly<Record<string, (name: string) => string>> = {
  datasetsControllerAppendToArrayFieldV3: () => '?fieldName=keywords&data=x',
  historyControllerCountHistoryV3: () => '?filter={"subsystem":"Dataset"}',
  historyControllerFindHistoryV3: () => '?filter={}',
  jobsControllerFindOneDetailsV3: (name) => `?jobId=${name}`,
};

export function bodyFor(operation: string, name: string): Fields {
  const body = bodies[operation] ?? {};
  return typeof body === 'function' ? body(name) : body;
}

export function queryFor(operation: string, name: string): string {
  return queries[operation]?.(name) ?? '';
}
