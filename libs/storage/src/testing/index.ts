export { DisturbedObjectStore } from './disturbed-object-store.js';
export { MemoryObjectStore } from './memory-object-store.js';
export { objectStoreConformance } from './object-store.conformance.js';
export type { ObjectStoreSubject } from './object-store.conformance.js';
