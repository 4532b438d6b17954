export {
  accountsOf,
  heardTypes,
  listenerAccountOf,
  workerAccountsOf,
  type BrokerAccount,
  type BrokerRights,
  type TopicRights,
  type WorkerAccount,
} from './broker-accounts.js';
export { catalogueApps, catalogueSideOf, type CatalogueApp, type Place } from './catalogue-side.js';
export {
  brokerDefinitionsOf,
  workerDefinitionsOf,
  passwordVariableOf,
  listenerPasswordVariable,
  workerPasswordVariableOf,
  type DefinitionOptions,
} from './broker-definitions.js';
export { disconnectAccount, feedNamesOf, loadDefinitions } from './load-definitions.js';
export { digestOfBody, Inbox, MemoryInbox } from './inbox.js';
export { InboxConsumer, attemptHeader, attemptOf, type Handler } from './inbox-consumer.js';
export {
  currentContext,
  currentTraceparent,
  factsOfContext,
  inContextOf,
  newTraceparent,
  runInContext,
  spanFactsOf,
  spanFactsOfMessage,
  subjectOf,
  traceparentFrom,
  type MessageContext,
  type Subject,
} from './message-context.js';
export {
  MessageTransport,
  type Delivery,
  type Settlement,
  type Subscription,
  type Topology,
  type WireMessage,
  type QueueLook,
} from './message-transport.js';
export { Naming, contextOf } from './naming.js';
export { CatenaServer, type CatenaServerOptions } from './nest/catena-server.js';
export { Handles } from './nest/handles.decorator.js';
export { done, outcomeOf, type Outcome } from './outcome.js';
export { outboxHeader, parseReceipt, type Receipt } from './receipt.js';
export { BrokerTap, type BrokerTapOptions } from './rabbitmq/broker-tap.js';
export { BrokerVisit } from './rabbitmq/broker-visit.js';
export { RabbitTransport, type RabbitOptions } from './rabbitmq/rabbit-transport.js';
export { checkedSenderHeader, senderOf, wrongSender, type BrokerAccounts } from './senders.js';
export {
  declaredTopology,
  defaultRetryDelays,
  topologyOf,
  wholeTopology,
  workerTopologyOf,
} from './topology.js';
export { wireMessageOf } from './wire-message.js';
export { headersFrom, textFrom } from './wire-properties.js';
