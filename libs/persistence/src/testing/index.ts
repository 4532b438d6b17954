export { documentsIn, memoryCollection } from './memory-collection.js';
