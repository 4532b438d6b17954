export { longTermStorageConformance } from './long-term-storage.conformance.js';
export { MemoryShare } from './memory-share.js';
