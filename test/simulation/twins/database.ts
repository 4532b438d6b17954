import { isDatabaseAway } from '#persistence';
import { documentsIn, memoryCollection } from '#persistence/testing';
import { Gate } from '../world/gate.js';
import type { SimulatedProcess } from '../world/simulated-process.js';
import type { World } from '../world/world.js';

/** One call of a collection on its way to the database. */
export interface DatabaseCall {
  readonly process: string;
  readonly collection: string;
  readonly method: string;
  /** Filter, change, options: what is put in their place is what the database gets. */
  readonly given: unknown[];
}

export type CallWatcher = (call: DatabaseCall) => void;

const reads = new Set(['find', 'findOne', 'aggregate', 'countDocuments', 'distinct']);

/** A collection of the driver, as far as it is called here. */
export type Methods = Record<string, (...given: unknown[]) => unknown>;

interface Cursor {
  sort(sort: unknown): Cursor;
  limit(limit: number): Cursor;
  toArray(): Promise<unknown[]>;
}

/** The database of one app: its collections outlive its processes. */
export class SimulatedDatabase {
  private readonly collections = new Map<string, Methods>();
  private readonly unique = new Map<string, string[][]>();
  /** Told of calls as they arrive; a planted fault changes some. */
  readonly before: CallWatcher[] = [];
  /** Told of writes, at the moment after them. */
  readonly afterWrites: CallWatcher[] = [];

  /** Unique indexes that a planted fault leaves out, as `collection.field`. */
  readonly withoutUnique = new Set<string>();

  constructor(readonly name: string) {}

  /** The documents themselves: for judges, who change none. */
  documents<Document>(name: string): readonly Document[] {
    return documentsIn(this.methodsOf(name)) as readonly Document[];
  }

  get collectionNames(): string[] {
    return [...this.collections.keys()];
  }

  /** The collection itself, without a way to it. */
  collection<Document extends object>(name: string) {
    return this.methodsOf(name) as unknown as ReturnType<typeof memoryCollection<Document>>;
  }

  /** What `MongoConnection` is to an app. */
  connectionOf(world: World, process: SimulatedProcess): object {
    const gate = new Gate(world, process, this.name, databaseAway);
    const known = new Map<string, object>();
    const collection = (name: string): object => {
      const found = known.get(name) ?? this.gated(name, gate, process);
      known.set(name, found);
      return found;
    };
    return {
      connection: { collection, readyState: 1 },
      ready: true,
      whenReady: () => gate.persistently('whenReady', () => undefined),
      afterStart: (what: string, work: () => Promise<void>) => repeatedly(gate, what, work),
      ping: () => gate.call('ping', () => undefined),
      close: () => Promise.resolve(),
    };
  }

  protected methodsOf(name: string): Methods {
    const found = this.collections.get(name);
    if (found !== undefined) return found;
    const unique: string[][] = [];
    this.unique.set(name, unique);
    const made = memoryCollection<object>({ unique, beside: (other) => this.methodsOf(other) });
    this.collections.set(name, made as unknown as Methods);
    return made as unknown as Methods;
  }

  private gated(name: string, gate: Gate, process: SimulatedProcess): object {
    const target = this.methodsOf(name);
    const call = (method: string, given: unknown[]) =>
      gate[reads.has(method) ? 'look' : 'call'](`${name}.${method}`, () => {
        const seen = this.seen({ process: process.name, collection: name, method, given: [...given] });
        const answer = target[method]!.apply(target, seen.given);
        if (!reads.has(method)) for (const watch of this.afterWrites) watch(seen);
        return answer;
      });
    const cursorOf = (method: 'find' | 'aggregate', given: unknown[]) => {
      let steps: ((cursor: Cursor) => Cursor)[] = [];
      const toArray = () =>
        gate.look(`${name}.${method}`, () => {
          const seen = this.seen({ process: process.name, collection: name, method, given: [...given] });
          let cursor = target[method]!.apply(target, seen.given) as Cursor;
          for (const step of steps) cursor = step(cursor);
          return cursor.toArray();
        });
      const gatedCursor = {
        sort: (sort: unknown) => ((steps = [...steps, (cursor) => cursor.sort(sort)]), gatedCursor),
        limit: (limit: number) => ((steps = [...steps, (cursor) => cursor.limit(limit)]), gatedCursor),
        toArray,
        async *[Symbol.asyncIterator]() {
          yield* await toArray();
        },
      };
      return gatedCursor;
    };
    return new Proxy(
      { collectionName: name },
      {
        get: (known, property) => {
          if (typeof property === 'symbol' || property in known) return Reflect.get(known, property);
          if (property === 'find' || property === 'aggregate')
            return (...given: unknown[]) => cursorOf(property, given);
          if (property === 'createIndex')
            return (keys: object, options: { unique?: boolean } = {}) =>
              gate.call(`${name}.createIndex`, () => this.index(name, keys, options));
          if (property === 'createIndexes')
            return (indexes: readonly { readonly key: object; readonly unique?: boolean }[]) =>
              gate.call(`${name}.createIndexes`, async () => {
                for (const { key, ...options } of indexes) await this.index(name, key, options);
              });
          if (property === 'dropIndex') return () => gate.call(`${name}.dropIndex`, noSuchIndex);
          if (property === 'indexes') return () => gate.call(`${name}.indexes`, () => []);
          return (...given: unknown[]) => call(property, given);
        },
      },
    );
  }

  private seen(call: DatabaseCall): DatabaseCall {
    for (const watch of this.before) watch(call);
    return call;
  }

  protected index(name: string, keys: object, { unique = false }: { unique?: boolean }): Promise<unknown> {
    this.methodsOf(name);
    const fields = Object.keys(keys);
    const known = this.unique.get(name)!;
    const isKnown = known.some((one) => one.join() === fields.join());
    if (unique && !isKnown && !this.withoutUnique.has(`${name}.${fields.join()}`)) known.push(fields);
    return Promise.resolve();
  }
}

/** As `MongoConnection.afterStart`. */
async function repeatedly(gate: Gate, what: string, work: () => Promise<void>): Promise<void> {
  for (;;) {
    await gate.persistently(`before ${what}`, () => undefined);
    try {
      return await work();
    } catch (error) {
      if (!isDatabaseAway(error)) throw error;
    }
  }
}

function noSuchIndex(): never {
  throw Object.assign(new Error('index not found'), {
    name: 'MongoServerError',
    code: 27,
    codeName: 'IndexNotFound',
  });
}

function databaseAway(): Error {
  return Object.assign(new Error('connection 1 to 127.0.0.1:27017 closed'), { name: 'MongoNetworkError' });
}
