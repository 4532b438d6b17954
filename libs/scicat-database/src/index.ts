export { catalogueIndexes, type CatalogueIndex } from './catalogue-indexes.js';
export { supersededTextIndex, wordIndex, wordOptions, type StoredTextIndex } from './word-indexes.js';
export { wordsField, wordsFor, wordsOf } from './words.js';
export { scicatCollections, type ScicatCollection } from './scicat-collections.js';
export { blockTotals, copiedRights, references, type BlockTotals, type Reference } from './relations.js';
