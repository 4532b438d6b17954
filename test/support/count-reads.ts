import type { MongoConnection } from '#persistence';

type Method = (this: { collectionName: string }, ...given: unknown[]) => unknown;

const reads = ['find', 'findOne', 'aggregate', 'countDocuments'] as const;

interface Read {
  readonly filter: unknown;
  /** Fields that were asked for; all where there are none. */
  readonly fields: readonly string[];
}

/** All reads of a collection while `story` runs. */
export async function readsDuring(
  mongo: MongoConnection,
  collection: string,
  story: () => Promise<void>,
): Promise<Read[]> {
  const seen: Read[] = [];
  const proto = Object.getPrototypeOf(mongo.connection.collection(collection)) as Record<string, Method>;
  const originals = reads.map((name) => [name, proto[name]!] as const);
  for (const [name, original] of originals)
    proto[name] = function (...given) {
      const [filter, options] = given as [unknown, { projection?: object } | undefined];
      if (this.collectionName === collection)
        seen.push({ filter, fields: Object.keys(options?.projection ?? {}) });
      return original.apply(this, given);
    };
  try {
    await story();
  } finally {
    for (const [name, original] of originals) proto[name] = original;
  }
  return seen;
}
