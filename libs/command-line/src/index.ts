export type { CommandBasics, CommandResult, GlobalOptions, Runner } from './command.js';
export { endingOf, exitCodes, Failure, interruption, type Outcome } from './exit-codes.js';
export { Output } from './output/output.js';
export { noProgress, type Progress } from './output/progress.js';
export { bytesText, countText, durationText, lineText, nameText, shortened } from './output/progress-text.js';
export { runCommandLine } from './run-command-line.js';
export { foundText, helpText, isSystemFault, systemFaultText } from './system-faults.js';
