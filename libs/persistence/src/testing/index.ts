export { memoryCollection } from './memory-collection.js';
