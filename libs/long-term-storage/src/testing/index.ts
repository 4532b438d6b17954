export { longTermStorageConformance } from './long-term-storage.conformance.js';
export { MemoryShare } from './memory-share.js';
export { lto9, TapeDrives, type TapePlace, type TapeTiming } from '../tape/tape-drives.js';
export { ColdGateway, type ColdGatewayOptions } from './cold-gateway.js';
