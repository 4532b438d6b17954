export { Dice, MemorySink, inPieces, memberOf } from './memory-tar.js';
export { writeSparseDatablock, type SparseFile } from './sparse-datablock.js';
