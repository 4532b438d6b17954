export { ClaimChecks, type ClaimCheckOptions } from './claim-checks.js';
export { unlessLost } from './lost-lists.js';
