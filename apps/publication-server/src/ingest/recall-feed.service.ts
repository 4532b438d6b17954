import { BadRequestException, Inject, Injectable, NotFoundException } from '@nestjs/common';
import { Clock } from '#kernel';
import { recallStates, type RecallRequest, type RecallState } from '#publication-feed';
import { PublicStore } from '../persistence/public-store.js';
import type { StoredRecall } from '../persistence/records.js';
import { ConfigToken, type PublicationServerConfig } from '../publication-server.config.js';

/** More than this is more than people read. */
const maxCounted = 10_000;
/** Rows of one answer; the publisher asks again. */
const maxOpen = 200;

export interface RecallProgress {
  readonly state: RecallState;
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly message?: string;
}

/** The publisher comes to fetch what readers asked for, and says how far it is: nothing here calls the intranet. */
@Injectable()
export class RecallFeed {
  constructor(
    private readonly store: PublicStore,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: PublicationServerConfig,
  ) {}

  /** Requests that wait, at most so many. */
  countOpen(): Promise<number> {
    return this.store.recalls.countDocuments(
      { state: { $in: ['requested', 'recalling'] } },
      { limit: maxCounted },
    );
  }

  async open(): Promise<RecallRequest[]> {
    const found: StoredRecall[] = [];
    // New ones first: many that take long must not hide them.
    for (const state of ['requested', 'recalling'] as const)
      if (found.length < maxOpen)
        found.push(
          ...(await this.store.recalls
            .find({ state })
            .sort({ requestedAt: 1 })
            .limit(maxOpen - found.length)
            .toArray()),
        );
    return found.map(publicly);
  }

  /**
   * The address goes when the request is over: from then on nobody needs it, and nobody can confirm it any more.
   *
   * @returns whether the reader has confirmed that the address is his
   */
  async report(
    id: string,
    { state, bytesDone, bytesTotal, message }: RecallProgress,
  ): Promise<{ confirmed: boolean }> {
    const over = state === 'ready' || state === 'failed';
    await this.store.recalls.updateOne(
      { _id: id, state: { $in: ['requested', 'recalling'] } },
      {
        $set: {
          ...{ state, bytesDone, bytesTotal, updatedAt: this.clock.now() },
          ...(message === undefined ? {} : { message }),
        },
        ...(over ? { $unset: { email: '', confirmation: '', place: '' } } : {}),
      },
    );
    const found = await this.store.recalls.findOne({ _id: id }, { projection: { confirmed: 1 } });
    if (found === null) throw new NotFoundException(`There is no request ${id}.`);
    return { confirmed: found.confirmed === true };
  }

  async sweep(): Promise<void> {
    const old = new Date(this.clock.now().getTime() - this.config.recalls.lifetime);
    await this.store.recalls.deleteMany({ state: { $in: ['ready', 'failed'] }, requestedAt: { $lt: old } });
  }
}

export function recallNewsFrom(value: unknown): RecallProgress {
  const { state, bytesDone, bytesTotal, message } = (value ?? {}) as Partial<RecallProgress>;
  const isCount = (number: unknown): number is number =>
    Number.isSafeInteger(number) && (number as number) >= 0;
  if (!recallStates.some((known) => known === state) || !isCount(bytesDone) || !isCount(bytesTotal))
    throw new BadRequestException(
      `Expected state (${recallStates.join(', ')}), bytesDone and bytesTotal, found ${JSON.stringify(value).slice(0, 200)}.`,
    );
  return {
    ...{ state: state!, bytesDone, bytesTotal },
    ...(typeof message === 'string' ? { message: message.slice(0, 2000) } : {}),
  };
}

function publicly({
  _id,
  requestedAt,
  client: _c,
  updatedAt: _u,
  place: _p,
  ...rest
}: StoredRecall): RecallRequest {
  return { ...rest, id: _id, requestedAt: requestedAt.toISOString() };
}
