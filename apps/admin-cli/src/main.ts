import { runCommandLine, type CommandBasics } from '#command-line';
import { withSecretsFromFiles } from '#kernel';
import { programFor } from './program.js';

function contextFor(basics: CommandBasics): CommandBasics {
  return { ...basics, environment: withSecretsFromFiles(basics.environment, ['CATENA_DATABASES']) };
}

await runCommandLine({ programFor, contextFor });
