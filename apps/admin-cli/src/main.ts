import { runCommandLine } from '#command-line';
import { programFor } from './program.js';

await runCommandLine({ programFor, contextFor: (basics) => basics });
