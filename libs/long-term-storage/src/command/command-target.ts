import type { TargetOptions } from '../target-options.js';
import { registerTarget } from '../targets.js';
import { clientEnvironment } from './client-environment.config.js';
import { commandNames, placeholders, type CommandName } from './command-runner.js';
import { CommandStorage } from './command-storage.adapter.js';

const required: readonly CommandName[] = ['put', 'get', 'stat', 'remove'];
/** Placeholders without which a command can do nothing. */
const needed: Partial<Record<CommandName, readonly string[]>> = {
  ...{ put: ['name', 'file'], get: ['name', 'file'], stat: ['name'] },
  ...{ remove: ['name'], rename: ['name', 'to'], list: [], identify: [], locate: ['name'] },
};
const seconds = 1000;

/** `commands`, `exits`, `statPattern`, `missingPattern`, `listPattern`, `identityPattern`, `locatePattern`, `mediaAtOnce`, `spool`,
 * `spoolLimit`, `timeout`, `timeouts`, `environment`. */
registerTarget('command', (name, options) => {
  const commands = commandsIn(options);
  const exits = exitsIn(options);
  const statPattern = patternIn(options, 'statPattern', ['size']) ?? /^(?<size>\d+)$/m;
  const missingPattern = patternIn(options, 'missingPattern', []);
  const identityPattern = patternIn(options, 'identityPattern', ['id']);
  const listPattern = patternIn(options, 'listPattern', ['name', 'size']);
  const locatePattern = patternIn(options, 'locatePattern', ['medium']);
  if (commands.locate !== undefined && !options.has('locatePattern'))
    options.refuse(
      'locatePattern',
      'where `medium`, and `position` if it says that, stand in what `locate` prints',
      undefined,
      undefined,
    );
  const mediaAtOnce = options.integer('mediaAtOnce', 1, 1000);
  const spool = options.folder('spool');
  const spoolLimit = options.bytes('spoolLimit') ?? 100 * 2 ** 30;
  const timeout = (options.number('timeout', 1, 30 * 86_400) ?? 6 * 3600) * seconds;
  const timeouts = timeoutsIn(options);
  const environment = clientEnvironment(options.texts('environment') ?? []);
  return () =>
    new CommandStorage({
      ...{ name, commands, exits, statPattern, spool, spoolLimit, timeout, timeouts, environment },
      ...(identityPattern === undefined ? {} : { identityPattern }),
      ...(locatePattern === undefined ? {} : { locatePattern }),
      ...(mediaAtOnce === undefined ? {} : { mediaAtOnce }),
      ...(missingPattern === undefined ? {} : { missingPattern }),
      ...(listPattern === undefined ? {} : { listPattern }),
    });
});

function commandsIn(options: TargetOptions): Partial<Record<CommandName, readonly string[]>> {
  const below = options.below('commands');
  if (below === undefined) {
    options.refuse('commands', `the commands ${required.join(', ')}`, undefined, undefined);
    return {};
  }
  const found: Partial<Record<CommandName, readonly string[]>> = {};
  for (const command of commandNames) {
    const words = below.texts(command);
    if (words !== undefined) found[command] = checked(below, command, words);
    else if (required.includes(command) && !below.has(command))
      below.refuse(command, 'a program and its arguments as a list', undefined, undefined);
  }
  below.end();
  return found;
}

function checked(options: TargetOptions, command: CommandName, words: readonly string[]): readonly string[] {
  const used = new Set([...words.join('\n').matchAll(/\{(\w+)\}/g)].map(([, key]) => key));
  const known: readonly (string | undefined)[] = placeholders;
  const odd = [...used].filter((key) => !known.includes(key));
  const absent = (needed[command] ?? []).filter((key) => !used.has(key));
  if (words[0]?.includes('{') === true || words[0] === '')
    options.refuse(command, 'a program as the first word', words, undefined);
  if (odd.length > 0)
    options.refuse(command, `only {${placeholders.join('}, {')}} in braces`, odd, undefined);
  if (absent.length > 0) options.refuse(command, `{${absent.join('} and {')}} in it`, words, undefined);
  return words;
}

/** Seconds for single commands. */
function timeoutsIn(options: TargetOptions): Partial<Record<CommandName, number>> {
  const below = options.below('timeouts');
  const found: Partial<Record<CommandName, number>> = {};
  for (const command of commandNames) {
    const limit = below?.number(command, 1, 30 * 86_400);
    if (limit !== undefined) found[command] = limit * seconds;
  }
  below?.end();
  return found;
}

function exitsIn(options: TargetOptions) {
  const below = options.below('exits');
  const codes = (key: string): readonly number[] => below?.integers(key) ?? [];
  const exits = {
    ...{ missing: codes('missing'), full: codes('full') },
    ...{ away: codes('away'), permanent: codes('permanent') },
  };
  const all = Object.values(exits).flat();
  if (below !== undefined && (new Set(all).size < all.length || all.includes(0)))
    options.refuse('exits', 'each exit code once, and 0 never', exits, undefined);
  below?.end();
  return exits;
}

/** A regular expression with these groups; over several lines, as `^` and `$` are meant of one. */
function patternIn(options: TargetOptions, key: string, groups: readonly string[]): RegExp | undefined {
  const text = options.optionalText(key, 'a regular expression');
  if (text === undefined || text === '') return undefined;
  try {
    const pattern = new RegExp(text, 'm');
    if (groups.every((group) => text.includes(`(?<${group}>`))) return pattern;
  } catch {
    // Told below.
  }
  const wanted = groups.map((group) => `(?<${group}>…)`).join(' and ');
  return options.refuse(
    key,
    `a regular expression${wanted === '' ? '' : ` with ${wanted}`}`,
    text,
    undefined,
  );
}
