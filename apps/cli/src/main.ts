import { runCommandLine, type CommandBasics } from '#command-line';
import type { CatenaOptions, CommandContext } from './command.js';
import { programFor } from './program.js';
import { withSecretsWhenAsked } from './secrets-when-asked.js';

function contextFor(given: CommandBasics, { profile }: CatenaOptions): CommandContext {
  const basics = { ...given, environment: withSecretsWhenAsked(given.environment) };
  const settings: CommandContext['settings'] = async () =>
    (await import('./settings/settings.js')).readSettings(basics.environment, profile);
  return {
    ...basics,
    settings,
    client: async () => (await import('./server/client.js')).clientFor(basics, await settings()),
  };
}

await runCommandLine({ programFor, contextFor });
