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
export { OutboxStore, type Acceptance, type Backlog, type ClaimedOutbox } from './outbox-store.js';
export { ParkingLot, type ParkedMessage } from './parking-lot.js';
