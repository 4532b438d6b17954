/** What every program may see: nothing in it is a secret. */
const usual = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'TMPDIR'];

/** The variables that a client sees: the usual ones and those that its target names, as this process has them. */
export function clientEnvironment(names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...usual, ...names].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
