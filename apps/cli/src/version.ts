import { readFileSync } from 'node:fs';

/** The version of the package this is part of: of the project, or of what users install. */
export function version(): string {
  const manifest = new URL('../../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
