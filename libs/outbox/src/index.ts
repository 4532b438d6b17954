export { MemoryOutboxStore } from './memory-outbox-store.js';
export { MongoInbox } from './mongo-inbox.js';
export { MongoOutboxStore, type OutboxPlace } from './mongo-outbox-store.js';
export { OutboxCollection, type DocumentChange } from './outbox-collection.js';
export { OutboxRelay, type RelayOptions } from './outbox-relay.js';
export {
  eventRow,
  legacyRow,
  newOutbox,
  type AnswerRow,
  type LegacyMessage,
  type OutboxPart,
  type OutboxRow,
} from './outbox-row.js';
export {
  OutboxStore,
  type Acceptance,
  type Backlog,
  type ClaimedOutbox,
  type OpenMessages,
} from './outbox-store.js';
export { bulkActions, ParkedBulk, parkedFilterIn, type BulkAction } from './parking-lot/parked-bulk.js';
export { ParkedDecisions } from './parking-lot/parked-decisions.js';
export {
  groupings,
  ParkedLists,
  type Grouping,
  type ParkedFilter,
  type ParkedGroup,
  type ParkedRow,
} from './parking-lot/parked-lists.js';
export {
  parkedStates,
  type ParkedMessage,
  type ParkedState,
  type ParkingWord,
} from './parking-lot/parked-message.js';
export { ParkingLot, type ParkingLotAddress } from './parking-lot/parking-lot.js';
