export { LongTermStorage } from './long-term-storage.js';
export type { FileSetAside, LongTermFile, LongTermReadOptions, LongTermWriter } from './long-term-storage.js';
export { PosixShare } from './posix/posix-share.adapter.js';
export type { PosixShareOptions } from './posix/posix-share.adapter.js';
export { registerStorage, storageAt, storagesAt } from './storage-at.js';
export type { StorageFactory, StoragePlace } from './storage-at.js';
export { TapeSimulation } from './tape/tape-simulation.adapter.js';
