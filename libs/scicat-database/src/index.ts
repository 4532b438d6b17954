export { catalogueIndexes, type CatalogueIndex } from './catalogue-indexes.js';
export { mindsLanguage, supersededTextIndex, wordOptions, type StoredTextIndex } from './word-indexes.js';
export { scicatCollections, type ScicatCollection } from './scicat-collections.js';
export { blockTotals, copiedRights, references, type BlockTotals, type Reference } from './relations.js';
