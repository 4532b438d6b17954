export { MemoryOutboxStore } from './memory-outbox-store.js';
export { MongoInbox } from './mongo-inbox.js';
export { MongoOutboxStore, pushRows, type OutboxCollection } from './mongo-outbox-store.js';
export { OutboxRelay, type RelayOptions } from './outbox-relay.js';
export {
  eventRow,
  legacyRow,
  newOutbox,
  type LegacyMessage,
  type OutboxPart,
  type OutboxRow,
} from './outbox-row.js';
export { OutboxStore, type Acceptance, type ClaimedOutbox } from './outbox-store.js';
export { ParkingLot, type ParkedMessage } from './parking-lot.js';
export { attachConsumers, runConsumerApp, startOrExplain } from './nest/run-app.js';
export { endInTime } from './nest/end-in-time.js';
export { endConnections } from './nest/connections.js';
export { AppHealth, type PartHealth } from './nest/app-health.js';
export { HealthController, livenessOf } from './nest/health.controller.js';
export { acceptJsonBodies } from './nest/json-bodies.js';
export { NestLogger } from './nest/nest-logger.js';
export { QuietAdapter } from './nest/quiet-adapter.js';
export { spineOptionsFrom } from './nest/spine.config.js';
export { SpineModule } from './nest/spine.module.js';
export { admitOperator } from './nest/admit-operator.js';
export { LOGGER, type SpineOptions } from './nest/spine.options.js';
