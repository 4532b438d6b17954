export { amqpMethods, CuttingProxy } from './cutting-proxy.js';
export { inboxConformance } from './inbox.conformance.js';
export { MemoryTransport } from './memory-transport.js';
export { transportConformance, until } from './message-transport.conformance.js';
