import { createHash } from 'node:crypto';

/**
 * What the root consists of. Any change gives the cached root a new name, so old and new ones never mix.
 * The suite is Debian's testing because no stable release has DocumentDB yet.
 */
export const RECIPE = {
  revision: 1,
  suite: 'forky',
  packages: [
    'postgresql-18',
    'postgresql-18-documentdb',
    'rabbitmq-server',
    'swift-proxy',
    'swift-account',
    'swift-container',
    'swift-object',
    'memcached',
    // The directory of the sign-in tests; no stack starts it.
    'slapd',
    // The browser of the page tests, with one font of many scripts; no stack starts it.
    'chromium',
    'fonts-dejavu-core',
    // A harvester that others wrote (the command `oai_pmh`).
    'libhttp-oai-perl',
  ],
  /** Folder inside the root at which a data directory is mounted. */
  dataMountPoint: '/srv',
} as const;

export function rootName(architecture: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify({ ...RECIPE, architecture }))
    .digest('hex');
  return `root-${RECIPE.suite}-${hash.slice(0, 12)}`;
}
