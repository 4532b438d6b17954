import { datablocksConformance } from '../testing/datablocks.conformance.js';
import { filesAsideConformance } from '../testing/files-aside.conformance.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import { readerTurnsConformance } from '../testing/reader-turns.conformance.js';
import { recallQueueConformance } from '../testing/recall-queue.conformance.js';
import { reconciledRecordsConformance } from '../testing/reconciled-records.conformance.js';
import { retrievalAreaConformance } from '../testing/retrieval-area.conformance.js';
import { wholeJobsConformance } from '../testing/whole-jobs.conformance.js';
import { retrievedCopiesConformance } from '../testing/retrieved-copies.conformance.js';
import { scrubTurnsConformance } from '../testing/scrub-turns.conformance.js';
import { workOrdersConformance } from '../testing/work-orders.conformance.js';

for (const conformance of [
  workOrdersConformance,
  datablocksConformance,
  filesAsideConformance,
  reconciledRecordsConformance,
  retrievalAreaConformance,
  wholeJobsConformance,
  retrievedCopiesConformance,
  recallQueueConformance,
  readerTurnsConformance,
  scrubTurnsConformance,
])
  conformance('memory', () =>
    Promise.resolve({ store: memoryArchiverStore(), close: () => Promise.resolve() }),
  );
