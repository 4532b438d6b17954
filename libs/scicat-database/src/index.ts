export { catalogueIndexes, type CatalogueIndex } from './catalogue-indexes.js';
export { supersededTextIndex, wordIndex, wordOptions, type StoredTextIndex } from './word-indexes.js';
export { partsOf, wordsField, wordsFor, wordsForm, wordsOf, wordSources } from './words.js';
export { scicatCollections, type ScicatCollection } from './scicat-collections.js';
export { blockTotals, copiedRights, references, type BlockTotals, type Reference } from './relations.js';
