export { digestOf } from './digest.js';
export { feedLimits } from './limits.js';
export {
  recallStates,
  type CopyHead,
  type CopyMember,
  type DigestRow,
  type FileLine,
  type FileListReference,
  type Picture,
  type PublicDataset,
  type PublicRecord,
  type RecallRequest,
  type RecallState,
  type Tombstone,
} from './public-record.js';
export { judgePushToken, pushToken, type PushTarget, type TokenVerdict } from './push-token.js';
export { fileListName, sha256Of } from './file-list.js';
export {
  problemsOfCopyHead,
  problemsOfCopyMember,
  problemsOfFileLine,
  problemsOfRecord,
  problemsOfWithdrawal,
  type ShapeCheck,
  type Withdrawal,
} from './record-schema.js';
export {
  FeedClient,
  feedRefusalOf,
  type FeedClientOptions,
  type FeedRefusal,
  type PublicSide,
  type PutResult,
} from './feed-client.js';
