import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { AgedMap } from '../authentication/aged-map.js';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import { CatalogApiConfigToken } from '../catalog-api.tokens.js';
import { JobRefusal } from '../domain/errors.js';

const hour = 3_600_000;
const mostCounted = 50_000;

interface Count {
  jobs: number;
  /** Milliseconds since 1970: when it ends. */
  readonly until: number;
}

interface Limit {
  /** Absent: of all together. */
  readonly key?: string;
  readonly most: number;
  readonly whose: string;
}

/**
 * What callers without an account may cost: each job of theirs that Catena works on moves tapes, and may send mail to an
 * address that nobody has confirmed. Jobs are counted by the address they come from, by the mailbox they name, and all together, for an hour from
 * the first one; each process for itself. A request counts from its begin; one that is refused takes itself back.
 */
@Injectable()
export class AnonymousJobLimits {
  private readonly counts: AgedMap<Count>;
  /** Not among the others, of which the oldest go when there are too many. */
  private all: Count;

  constructor(
    private readonly clock: Clock,
    @Inject(CatalogApiConfigToken) private readonly config: CatalogApiConfig,
  ) {
    this.counts = new AgedMap(mostCounted, hour, clock);
    this.all = this.fresh();
  }

  /** @throws JobRefusal 429 before anything is looked at */
  async guard<T>(from: { address: string; mailbox: string }, create: () => Promise<T>): Promise<T> {
    const { perAddress, perMailbox, altogether } = this.config.anonymousJobs;
    const limits: Limit[] = [
      { most: altogether, whose: 'callers without an account' },
      { key: `address ${from.address}`, most: perAddress, whose: 'your address' },
      ...(from.mailbox === ''
        ? []
        : [{ key: `mailbox ${from.mailbox.toLowerCase()}`, most: perMailbox, whose: 'this e-mail address' }]),
    ].filter(({ most }) => most > 0);
    for (const { key, most, whose } of limits)
      if (this.count(key).jobs >= most)
        throw new JobRefusal(
          429,
          `${most} jobs of ${whose} were posted within an hour, no more are taken: try again later, or sign in.`,
          {},
          hour / 1000,
        );
    const counted = limits.map(({ key }) => this.begin(key));
    try {
      return await create();
    } catch (error) {
      for (const takeBack of counted) takeBack();
      throw error;
    }
  }

  private count(key: string | undefined): Count {
    if (key !== undefined) return this.counts.get(key) ?? this.fresh();
    if (this.all.until <= this.clock.now().getTime()) this.all = this.fresh();
    return this.all;
  }

  /** @returns what takes it back */
  private begin(key: string | undefined): () => void {
    const count = this.count(key);
    if (key !== undefined && count.jobs === 0) this.counts.set(key, count);
    count.jobs += 1;
    return () => {
      count.jobs -= 1;
      // Requests that were refused leave nothing behind: they could push out what counts.
      if (key !== undefined && count.jobs === 0 && this.counts.get(key) === count) this.counts.delete(key);
    };
  }

  private fresh(): Count {
    return { jobs: 0, until: this.clock.now().getTime() + hour };
  }
}
