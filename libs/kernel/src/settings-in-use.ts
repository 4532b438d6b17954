import { withoutCredentials } from './without-query.js';

/** What stands for a secret where settings are shown. */
const hidden = '(set)';
const longest = 500;
/** Names that tell of a secret, in whatever list they are missing. */
const secretWords = /SECRET|TOKEN|PASSWORD|CREDENTIAL|_KEY$|PRIVATE/;

const values = new Map<string, string>();
const secrets = new Set<string>();

/** An environment that remembers which of its variables were read: those are an app's settings. */
export function remembered(
  environment: Readonly<Record<string, string | undefined>>,
  secretNames: readonly string[],
): Readonly<Record<string, string | undefined>> {
  for (const name of secretNames) secrets.add(name);
  return new Proxy(environment, {
    get(target, name) {
      const value = Reflect.get(target, name) as string | undefined;
      if (typeof name === 'string' && typeof value === 'string') values.set(name, value);
      return value;
    },
  });
}

/**
 * The settings that this process was started with, by name, without any secret: those show only that they are set, and
 * addresses come without what stands before `@` in them. What has its default is not among them.
 */
export function settingsInUse(): Readonly<Record<string, string>> {
  const shown = [...values]
    .filter(([name, value]) => /^[A-Z][A-Z0-9_]*$/.test(name) && value !== '')
    .map(([name, value]) => [name, shownValue(name, value)] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(shown);
}

function shownValue(name: string, value: string): string {
  const isSecret = secrets.has(name) || (secretWords.test(name) && !name.endsWith('_FILE'));
  return isSecret ? hidden : withoutCredentials(value).slice(0, longest);
}
