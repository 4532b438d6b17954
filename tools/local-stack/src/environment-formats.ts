export const FORMATS = ['sh', 'dotenv', 'json'] as const;
export type Format = (typeof FORMATS)[number];

/**
 * Variables for others to read. `sh`: lines for a shell's `eval`, exported, whatever is in them. `dotenv`: lines for
 * files that are read line by line, up to the end of the line and without quotes (`docker --env-file`, systemd).
 */
export function formatted(environment: Readonly<Record<string, string>>, format: Format): string {
  if (format === 'json') return JSON.stringify(environment, undefined, 2);
  return Object.entries(environment)
    .map(([name, value]) => (format === 'sh' ? `export ${name}=${quoted(value)}` : `${name}=${value}`))
    .join('\n');
}

/** Between single quotes a shell takes everything as it stands, except one of them. */
function quoted(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}
