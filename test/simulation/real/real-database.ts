import type { Connection } from 'mongoose';
import { SimulatedDatabase, type Methods } from '../twins/database.js';
import type { Scheduler } from '../world/scheduler.js';

type Row = Record<string, unknown>;

/** A database of a real server, each call of which is over before the next moment begins. */
export class RealDatabase extends SimulatedDatabase {
  private readonly known = new Map<string, Methods>();
  private readonly copies = new Map<string, readonly Row[]>();

  constructor(
    name: string,
    private readonly connection: Connection,
    private readonly scheduler: Scheduler,
  ) {
    super(name);
  }

  override documents<Document>(name: string): readonly Document[] {
    return (this.copies.get(name) ?? []) as readonly Document[];
  }

  override get collectionNames(): string[] {
    return [...this.known.keys()];
  }

  async refresh(): Promise<void> {
    for (const name of this.known.keys())
      this.copies.set(name, await this.connection.collection<Row>(name).find({}).sort({ _id: 1 }).toArray());
  }

  protected override methodsOf(name: string): Methods {
    const found = this.known.get(name) ?? this.made(name);
    this.known.set(name, found);
    return found;
  }

  protected override index(name: string, keys: object, options: object): Promise<unknown> {
    const collection = this.connection.collection(name);
    this.methodsOf(name);
    return this.scheduler.meanwhile(collection.createIndex(keys as never, options));
  }

  private made(name: string): Methods {
    const collection = this.connection.collection(name) as unknown as Methods;
    const { scheduler } = this;
    return new Proxy(collection, {
      get: (target, property: string) => {
        const method = (target[property] as (...given: unknown[]) => unknown).bind(target);
        if (property !== 'find' && property !== 'aggregate')
          return (...given: unknown[]) => scheduler.meanwhile(method(...given) as Promise<unknown>);
        return (...given: unknown[]) => cursorOf(method(...given) as RealCursor, scheduler);
      },
    });
  }
}

interface RealCursor {
  sort(sort: unknown): RealCursor;
  limit(limit: number): RealCursor;
  toArray(): Promise<unknown[]>;
}

function cursorOf(cursor: RealCursor, scheduler: Scheduler): RealCursor {
  return {
    sort: (sort) => cursorOf(cursor.sort(sort), scheduler),
    limit: (limit) => cursorOf(cursor.limit(limit), scheduler),
    toArray: () => scheduler.meanwhile(cursor.toArray()),
  };
}
