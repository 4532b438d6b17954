export { LongTermStorage } from './long-term-storage.js';
export type {
  FileSetAside,
  LongTermFile,
  LongTermReadOptions,
  LongTermWriteOptions,
  LongTermWriter,
  MediumPlace,
} from './long-term-storage.js';
export { CommandStorage } from './command/command-storage.adapter.js';
export type { CommandStorageOptions } from './command/command-storage.adapter.js';
import './command/command-target.js';
export { PosixShare } from './posix/posix-share.adapter.js';
export type { PosixShareOptions } from './posix/posix-share.adapter.js';
export { S3LongTermStorage } from './s3/s3-long-term-storage.adapter.js';
export type { S3LongTermStorageOptions } from './s3/s3-long-term-storage.adapter.js';
export { registerStorage, storageAt, storageNameOf, storagesAt } from './storage-at.js';
export type { StorageFactory, StoragePlace } from './storage-at.js';
export { TapeSimulation } from './tape/tape-simulation.adapter.js';
export type { RawOptions, TargetProblem } from './target-options.js';
export { problemsOfTarget, registerTarget, storageForTarget, storageKinds } from './targets.js';
export type { TargetFactory, TargetPlace } from './targets.js';
export { IdentifiedStorage } from './identity/identified-storage.js';
export type { StorageGate, StorageUse } from './identity/identified-storage.js';
export type { IdentityMemory, IdentityStanding } from './identity/identity-check.js';
export type { IdentityFile, StorageIdentity } from './identity/storage-identity.js';
