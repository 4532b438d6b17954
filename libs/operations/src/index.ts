export {
  actingForHeader,
  actingGroupsHeader,
  actingViaHeader,
  idempotencyHeader,
  named,
  operatorFrom,
  unnamed,
  type Operator,
} from './operator.js';
export {
  defaultRows,
  maxRows,
  newerThan,
  olderThan,
  pageOf,
  placeIn,
  placeText,
  type Place,
} from './keyset.js';
export { timeIn } from './time-in.js';
export { entryOf, type AuditQuery, type AuditRecord } from './audit/audit-record.js';
export { AuditTrail, type Ending } from './audit/audit-trail.js';
export {
  changedMeanwhile,
  notPossible,
  notThere,
  OperatorActions,
  reasonMissing,
  underWay,
  type Deed,
  type Wish,
  type Witness,
} from './audit/operator-actions.js';
export {
  bulkLimits,
  bulkStates,
  type BulkItem,
  type BulkRun,
  type BulkSource,
  type BulkState,
  type BulkWord,
} from './bulk/bulk-run.js';
export { BulkRuns, type WantedRun } from './bulk/bulk-runs.js';
