import { Inject, Injectable } from '@nestjs/common';
import { AgedMap, Clock } from '#kernel';
import { networkOf } from '#service-host';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { JobRefusal } from '../domain/errors.js';

const hour = 3_600_000;
const maxCounted = 50_000;

/** What a caller without an account asks for. */
export interface AnonymousCost {
  /** Where the request comes from. */
  readonly address: string;
  readonly mailbox: string;
  readonly datasets: number;
}

interface Count {
  amount: number;
  /** Milliseconds since 1970: when it ends. */
  readonly until: number;
}

interface Limit {
  /** Absent: of all together. */
  readonly key?: string;
  readonly amount: number;
  readonly most: number;
  readonly what: string;
}

/**
 * What callers without an account may cost. Each dataset they ask for may lie on a tape of its own, and each job may send
 * mail to an address that nobody has confirmed: datasets are counted by where they are asked for from and all together, jobs
 * by the mailbox they name, for an hour from the first; each process for itself. A request counts from its begin; one that
 * is refused takes itself back.
 */
@Injectable()
export class AnonymousJobLimits {
  private readonly counts: AgedMap<Count>;
  /** Not among the others, of which the oldest go when there are too many. */
  private all: Count;

  constructor(
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
  ) {
    this.counts = new AgedMap(maxCounted, hour, clock);
    this.all = this.fresh();
  }

  /** @throws JobRefusal 429 before anything is looked at */
  async guard<T>(cost: AnonymousCost, create: () => Promise<T>): Promise<T> {
    const limits = this.limitsFor(cost);
    for (const { key, amount, most, what } of limits)
      if (this.count(key).amount + amount > most)
        throw new JobRefusal(
          429,
          `Callers without an account may ask for ${most} ${what} in an hour, found ${this.count(key).amount} and ${amount} more: try again later, or sign in.`,
          {},
          hour / 1000,
        );
    const counted = limits.map((limit) => this.begin(limit));
    try {
      return await create();
    } catch (error) {
      for (const takeBack of counted) takeBack();
      throw error;
    }
  }

  private limitsFor({ address, mailbox, datasets }: AnonymousCost): Limit[] {
    const { datasetsPerAddress, datasetsPerProcess, jobsPerMailbox } = this.config.anonymousJobs;
    const limits: Limit[] = [
      { amount: datasets, most: datasetsPerProcess, what: 'datasets all together' },
      { key: `address ${networkOf(address)}`, amount: datasets, most: datasetsPerAddress, what: 'datasets' },
      {
        key: `mailbox ${mailbox.toLowerCase()}`,
        ...{ amount: 1, most: jobsPerMailbox, what: 'jobs for one e-mail address' },
      },
    ];
    return limits.filter(({ most }) => most > 0);
  }

  private count(key: string | undefined): Count {
    if (key !== undefined) return this.counts.get(key) ?? this.fresh();
    if (this.all.until <= this.clock.now().getTime()) this.all = this.fresh();
    return this.all;
  }

  /** @returns what takes it back */
  private begin({ key, amount }: Limit): () => void {
    const count = this.count(key);
    if (key !== undefined && count.amount === 0) this.counts.set(key, count);
    count.amount += amount;
    return () => {
      count.amount -= amount;
      // Requests that were refused leave nothing behind: they could push out what counts.
      if (key !== undefined && count.amount === 0 && this.counts.get(key) === count) this.counts.delete(key);
    };
  }

  private fresh(): Count {
    return { amount: 0, until: this.clock.now().getTime() + hour };
  }
}
