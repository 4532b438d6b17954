import { AsyncLocalStorage } from 'node:async_hooks';
import type { MongoConnection } from '#persistence';

type Method = (this: { collectionName: string }, ...given: unknown[]) => unknown;

/** Calls from within are those of a gap itself. */
const asking = new AsyncLocalStorage<true>();

/** The relay marks and releases outboxes whenever it likes: a story that waits for a write never means one of these. */
const isOfTheRelay = (): boolean => new Error('where').stack!.includes('mongo-outbox-store');

/**
 * Puts another writer into a gap: the next call of a method on a collection waits, as a process that sleeps in that very
 * place does, until `meanwhile` is over. Only calls for which `when` holds count, and none of the outbox relay's.
 */
export function interruptOnce(
  mongo: MongoConnection,
  collection: string,
  method: string,
  meanwhile: () => Promise<void>,
  when: (given: readonly unknown[]) => Promise<boolean> = () => Promise.resolve(true),
): { happened: () => boolean } {
  let happened = false;
  const proto = Object.getPrototypeOf(mongo.connection.collection(collection)) as Record<string, Method>;
  const original = proto[method]!;
  const gap = async (given: readonly unknown[]): Promise<void> => {
    if (!(await asking.run(true, () => when(given))) || happened) return;
    happened = true;
    proto[method] = original;
    await meanwhile();
  };
  const replaced: Method = function (...given) {
    if (this.collectionName !== collection || happened || asking.getStore() === true || isOfTheRelay())
      return original.apply(this, given);
    if (method === 'find' || method === 'aggregate')
      return lazyCursor(
        () => gap(given),
        () => original.apply(this, given),
      );
    return gap(given).then(() => original.apply(this, given));
  };
  proto[method] = replaced;
  return { happened: () => happened };
}

/** A cursor that is opened only when its rows are asked for. */
function lazyCursor(gap: () => Promise<void>, open: () => unknown): object {
  type Cursor = Record<string, (...given: unknown[]) => unknown>;
  const steps: [string, unknown[]][] = [];
  const opened = async (): Promise<Cursor> => {
    await gap();
    return steps.reduce<Cursor>(
      (cursor, [name, given]) => cursor[name]!(...given) as Cursor,
      open() as Cursor,
    );
  };
  const lazy: object = new Proxy(
    {},
    {
      get: (_, name) => {
        if (name === 'toArray') return async () => (await opened())['toArray']!();
        if (name === Symbol.asyncIterator)
          return async function* () {
            yield* (await opened()) as unknown as AsyncIterable<unknown>;
          };
        return (...given: unknown[]) => {
          steps.push([String(name), given]);
          return lazy;
        };
      },
    },
  );
  return lazy;
}
