import { parentPort } from 'node:worker_threads';
import { fromColumns, readBatch, type FilesInColumns } from './read-batch.js';

/** The other side of `ReaderThread`: a batch of files in, their contents out, without a copy. */
parentPort?.on('message', (files: FilesInColumns) => {
  const read = readBatch(fromColumns(files));
  parentPort?.postMessage(read, [read.bytes.buffer]);
});
