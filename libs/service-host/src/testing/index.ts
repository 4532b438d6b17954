export { Reconciling } from './reconciling.js';
