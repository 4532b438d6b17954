export { packCommandLine } from './pack.js';
