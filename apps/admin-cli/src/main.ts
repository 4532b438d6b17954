import { runCommandLine, type CommandBasics } from '#command-line';
import { secretVariables, withSecretsFromFiles } from '#kernel';
import { programFor } from './program.js';

const secrets = [...secretVariables, 'CATENA_DATABASES'];

function contextFor(basics: CommandBasics): CommandBasics {
  return { ...basics, environment: withSecretsFromFiles(basics.environment, secrets) };
}

await runCommandLine({ programFor, contextFor });
