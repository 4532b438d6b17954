import { MongoError } from '../errors/mongo-error.js';
import { ExpiringMap } from './expiring-map.js';

interface OpenCursor {
  readonly namespace: string;
  /** Where the engine goes on: opaque, given back with the next request. */
  readonly continuation: Buffer;
}

/**
 * Open cursors are continuations, not connections: PostgreSQL keeps nothing but, for sorted and aggregated results,
 * a spill file of its own. So there may be thousands, and a forgotten one costs memory until it expires.
 */
export class CursorRegistry {
  private readonly cursors: ExpiringMap<bigint, OpenCursor>;
  private readonly running = new Set<bigint>();

  constructor(
    limits: { readonly maximum: number; readonly idleMilliseconds: number },
    /** Called for each cursor that ends before its last batch. */
    private readonly release: (id: bigint) => void,
  ) {
    this.cursors = new ExpiringMap(limits, (id) => this.release(id));
  }

  get size(): number {
    return this.cursors.size;
  }

  /** Keeps a cursor whose first or next batch did not end it. The bytes are copied: they are a view of a whole batch. */
  keep(id: bigint, namespace: string, continuation: Buffer): void {
    this.cursors.set(id, { namespace, continuation: Buffer.from(continuation) });
  }

  /** Takes a cursor for one getMore; it must be kept again afterwards unless it ended. */
  async use<Result>(
    id: bigint,
    namespace: string,
    next: (continuation: Buffer) => Promise<Result>,
  ): Promise<Result> {
    if (this.running.has(id)) throw new MongoError(143, `cursor id ${id} is already in use`);
    const cursor = this.cursors.take(id);
    if (cursor === undefined) throw new MongoError(43, `cursor id ${id} not found`);
    if (cursor.namespace !== namespace) {
      this.cursors.set(id, cursor);
      throw new MongoError(13, `cursor id ${id} belongs to ${cursor.namespace}, not to ${namespace}`);
    }
    this.running.add(id);
    try {
      return await next(cursor.continuation);
    } catch (error) {
      this.release(id);
      throw error;
    } finally {
      this.running.delete(id);
    }
  }

  /** Ends a cursor; false when there was none. */
  kill(id: bigint): boolean {
    if (this.cursors.take(id) === undefined) return false;
    this.release(id);
    return true;
  }

  sweep(): void {
    this.cursors.sweep();
  }
}
