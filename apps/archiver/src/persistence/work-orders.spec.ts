import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import { workOrdersConformance } from '../testing/work-orders.conformance.js';

workOrdersConformance('memory', () =>
  Promise.resolve({ store: memoryArchiverStore(), close: () => Promise.resolve() }),
);
