import { memoryCollection } from '#persistence/testing';
import type { ArchiverStore } from '../persistence/archiver-store.js';

/** The database of archiver in memory: what is proven on it and on a real one alike is decided in milliseconds. */
export function memoryArchiverStore(): ArchiverStore {
  return {
    works: memoryCollection(),
    earlyCancels: memoryCollection(),
    datablocks: memoryCollection(),
    retrieved: memoryCollection(),
    roomWaits: memoryCollection(),
    asides: memoryCollection(),
    targets: memoryCollection(),
    steering: memoryCollection(),
    scrubTurns: memoryCollection(),
    certificateKeys: memoryCollection(),
    readerTurns: memoryCollection(),
    adoptions: memoryCollection(),
    workers: memoryCollection(),
    whenReady: () => Promise.resolve(),
  } as unknown as ArchiverStore;
}
