import { runCommandLine, type CommandBasics } from '#command-line';
import { withSecretsFromFiles } from '#kernel';
import type { CatenaOptions, CommandContext } from './command.js';
import { programFor } from './program.js';

const secrets = ['CATENA_TOKEN', 'CATENA_PASSWORD'];

function contextFor(given: CommandBasics, { profile }: CatenaOptions): CommandContext {
  const basics = { ...given, environment: withSecretsFromFiles(given.environment, secrets) };
  const settings: CommandContext['settings'] = async () =>
    (await import('./settings/settings.js')).readSettings(basics.environment, profile);
  return {
    ...basics,
    settings,
    client: async () => (await import('./server/client.js')).clientFor(basics, await settings()),
  };
}

await runCommandLine({ programFor, contextFor });
