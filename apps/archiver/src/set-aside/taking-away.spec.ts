import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import { takingAwayConformance } from '../testing/taking-away.conformance.js';

takingAwayConformance('memory', () =>
  Promise.resolve({ store: memoryArchiverStore(), close: () => Promise.resolve() }),
);
