import { runCommandLine, type CommandBasics } from '#command-line';
import type { CatenaOptions, CommandContext } from './command.js';
import { programFor } from './program.js';

function contextFor(basics: CommandBasics, { profile }: CatenaOptions): CommandContext {
  const settings: CommandContext['settings'] = async () =>
    (await import('./settings/settings.js')).readSettings(basics.environment, profile);
  return {
    ...basics,
    settings,
    client: async () => (await import('./server/client.js')).clientFor(basics, await settings()),
  };
}

await runCommandLine({ programFor, contextFor });
