import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Clock, messageOf } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { PublicStore } from '../persistence/public-store.js';

const machines =
  /bot\b|bot\/|crawl|spider|slurp|archiver|facebookexternalhit|monitor|uptime|validator|preview/i;
const minute = 60_000;
/** Clients and records that are remembered for a minute. */
const maxRemembered = 50_000;

/** Counts downloads of a publication: a client counts once in a minute, machines do not. */
@Injectable()
export class UsageCounter {
  private readonly counted = new Map<string, number>();

  constructor(
    private readonly store: PublicStore,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Never fails and is not waited for: no download depends on being counted. */
  count(doi: string, client: string, userAgent: string | undefined): void {
    if (machines.test(userAgent ?? '')) return;
    const time = this.clock.now().getTime();
    // No address is kept, not even for a minute.
    const key = createHash('sha256').update(`${client}\n${doi}`).digest('base64');
    if (time - (this.counted.get(key) ?? 0) < minute) return;
    for (const [old, at] of this.counted) {
      if (time - at < minute && this.counted.size < maxRemembered) break;
      this.counted.delete(old);
    }
    this.counted.delete(key);
    this.counted.set(key, time);
    this.store.usage
      .updateOne({ _id: doi }, { $inc: { downloads: 1 }, $setOnInsert: { views: 0 } }, { upsert: true })
      .catch((error: unknown) =>
        this.logger.warn({ doi, error: messageOf(error) }, 'could not count a download'),
      );
  }
}
