export { amqpMethods, CuttingProxy } from './cutting-proxy.js';
export { inboxConformance } from './inbox.conformance.js';
export { MemoryPlaces } from './memory-places.js';
export { MemoryTransport, type MemoryHold } from './memory-transport.js';
export { placeConformance, type PlaceHolder } from './place.conformance.js';
export { transportConformance, until } from './message-transport.conformance.js';
