import { MemoryOutboxStore } from './memory-outbox-store.js';
import { outboxStoreConformance } from './testing/outbox-store.conformance.js';

outboxStoreConformance('MemoryOutboxStore', () => {
  const store = new MemoryOutboxStore();
  const collection = 'documents';
  return Promise.resolve({
    store,
    collection,
    push: (id, outbox) => store.push(collection, id, outbox),
    rowsOf: (id) => store.rowsOf(collection, id),
  });
});
