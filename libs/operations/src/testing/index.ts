export { memoryConnection } from './memory-connection.js';
