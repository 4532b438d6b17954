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
}

/**
 * What callers without an account may cost: each job of theirs that Catena works on moves tapes, and may send mail to an
 * address that nobody has confirmed. Jobs are counted by the address they come from, by the mailbox they name, and all together, for an hour from
 * the first one; each process for itself. A request counts from its begin; one that is refused takes itself back.
 */
@Injectable()
export class AnonymousJobLimits {
  private readonly counts: AgedMap<Count>;

  constructor(
    clock: Clock,
    @Inject(CatalogApiConfigToken) private readonly config: CatalogApiConfig,
  ) {
    this.counts = new AgedMap(mostCounted, hour, clock);
  }

  /** @throws JobRefusal 429 before anything is looked at */
  async guard<T>(from: { address: string; mailbox: string }, create: () => Promise<T>): Promise<T> {
    const { perAddress, perMailbox, altogether } = this.config.anonymousJobs;
    const limits = [
      { key: 'all', most: altogether, whose: 'callers without an account' },
      { key: `address ${from.address}`, most: perAddress, whose: 'your address' },
      { key: `mailbox ${from.mailbox.toLowerCase()}`, most: perMailbox, whose: 'this e-mail address' },
    ].filter(({ most }) => most > 0);
    for (const { key, most, whose } of limits)
      if ((this.counts.get(key)?.jobs ?? 0) >= most)
        throw new JobRefusal(
          429,
          `${most} jobs of ${whose} were posted within an hour, no more are taken: try again later, or sign in.`,
          {},
          hour / 1000,
        );
    const counts = limits.map(({ key }) => this.count(key));
    try {
      return await create();
    } catch (error) {
      for (const count of counts) count.jobs -= 1;
      throw error;
    }
  }

  private count(key: string): Count {
    const count = this.counts.get(key) ?? { jobs: 0 };
    if (count.jobs === 0) this.counts.set(key, count);
    count.jobs += 1;
    return count;
  }
}
