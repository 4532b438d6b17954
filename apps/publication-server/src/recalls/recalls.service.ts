import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Clock, newId } from '#kernel';
import { isDuplicateKey, rowsById } from '#persistence';
import { PublicStore } from '../persistence/public-store.js';
import type { StoredRecall } from '../persistence/records.js';
import { ConfigToken, type PublicationServerConfig } from '../publication-server.config.js';

const day = 24 * 60 * 60 * 1000;
const open = { $in: ['requested', 'recalling'] as StoredRecall['state'][] };

export interface NewRecall {
  readonly doi: string;
  /** See `clientOf`. */
  readonly client: string;
  readonly email?: string;
  readonly language: string;
  readonly bytes: number;
}

export type Outcome =
  | { readonly kind: 'created' | 'shared'; readonly id: string }
  /** The client may ask again then. */
  | { readonly kind: 'limited'; readonly until: Date };

/** Takes readers' requests for files that are on tape; the publisher comes and fetches them. */
@Injectable()
export class Recalls {
  /** Requests of one client one after the other, so that counting and adding belong together. */
  private readonly queues = new Map<string, Promise<unknown>>();

  constructor(
    private readonly store: PublicStore,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: PublicationServerConfig,
  ) {}

  async ask(request: NewRecall): Promise<Outcome> {
    const before = this.queues.get(request.client) ?? Promise.resolve();
    const running = before.then(() => this.askNow(request));
    const settled = running.catch(() => undefined);
    this.queues.set(request.client, settled);
    try {
      return await running;
    } finally {
      if (this.queues.get(request.client) === settled) this.queues.delete(request.client);
    }
  }

  /**
   * The reader says that the address is his, by the link that was sent to it. Not any more when the request is over.
   *
   * @returns whether the link was right
   */
  async confirm(id: string, confirmation: string): Promise<boolean> {
    const { matchedCount } = await this.store.recalls.updateOne(
      { _id: id, confirmation, state: open },
      { $set: { confirmed: true } },
    );
    return matchedCount === 1;
  }

  find(id: string): Promise<StoredRecall | null> {
    return this.store.recalls.findOne({ _id: id });
  }

  private async askNow(request: NewRecall): Promise<Outcome> {
    const existing = await this.openFor(request);
    if (existing !== undefined) return { kind: 'shared', id: existing._id };
    const now = this.clock.now();
    const recent = await this.store.recalls
      .find(
        { client: request.client, requestedAt: { $gt: new Date(now.getTime() - day) } },
        { projection: { requestedAt: 1 } },
      )
      .limit(this.config.recalls.perClientAndDay + 1)
      .toArray();
    if (recent.length >= this.config.recalls.perClientAndDay) {
      const first = Math.min(now.getTime(), ...recent.map(({ requestedAt }) => requestedAt.getTime()));
      return { kind: 'limited', until: new Date(first + day) };
    }
    const { bytes, ...rest } = request;
    const place = placeOf(request);
    const recall: StoredRecall = {
      ...rest,
      place,
      _id: newId(),
      state: 'requested',
      requestedAt: now,
      updatedAt: now,
      bytesDone: 0,
      bytesTotal: bytes,
      // The person who types an address in may not be the one who reads what is sent to it.
      ...(request.email === undefined
        ? {}
        : { confirmation: randomBytes(24).toString('base64url'), confirmed: false }),
    };
    await this.store.whenSingle();
    try {
      await this.store.recalls.insertOne(recall);
      return { kind: 'created', id: recall._id };
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
    // Another request was faster, and the unique index let one of them in: theirs is everybody's.
    const first = await this.store.recalls.findOne({ place }, { projection: { _id: 1 } });
    // It may have ended since; then the place is free again.
    return first === null ? this.askNow(request) : { kind: 'shared', id: first._id };
  }

  /** A request for the same files that is not done; one with an address for mail is nobody else's. */
  private async openFor({ doi, email }: NewRecall): Promise<StoredRecall | undefined> {
    const all: StoredRecall[] = [];
    for await (const one of rowsById<StoredRecall>(this.store.recalls, { doi, state: open })) all.push(one);
    return all
      .filter((one) => one.email === email)
      .sort(
        (left, right) =>
          left.requestedAt.getTime() - right.requestedAt.getTime() || (left._id < right._id ? -1 : 1),
      )[0];
  }
}

/** What two requests at once are the same by. No DOI and no address holds a line break. */
function placeOf({ doi, email = '' }: NewRecall): string {
  return createHash('sha256').update(`${doi}\n${email}`).digest('hex');
}
