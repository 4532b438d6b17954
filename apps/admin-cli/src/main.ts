import { runCommandLine, type CommandBasics } from '#command-line';
import { withSecretsFromFiles } from '#kernel';
import { preparationSecrets } from './prepare/prepare.js';
import { programFor } from './program.js';

const secrets = ['CATENA_DATABASES', ...preparationSecrets];

function contextFor(basics: CommandBasics): CommandBasics {
  return { ...basics, environment: withSecretsFromFiles(basics.environment, secrets) };
}

await runCommandLine({ programFor, contextFor });
