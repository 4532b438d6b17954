import { Inject, Injectable, type OnApplicationShutdown, type OnModuleDestroy } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Clock, messageOf } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { PublicStore } from '../persistence/public-store.js';
import { ConfigToken, type PublicationServerConfig } from '../publication-server.config.js';
import { clientOf, isMachine } from '../publications/visitors.js';

/** Milliseconds in which a second visit is the same one (COUNTER counts double clicks so). */
const sameVisit = 30_000;
/** Milliseconds between writes. */
const pause = 10_000;
const maxVisits = 20_000;
const maxPublications = 10_000;

/** Counts views: in memory first, written together. A crash loses some seconds of counting, nothing else. */
@Injectable()
export class VisitCounter implements OnModuleDestroy, OnApplicationShutdown {
  private readonly recent = new Map<string, number>();
  private counts = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: PublicStore,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: PublicationServerConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Counts one view of a page by a person. */
  count(key: string, request: FastifyRequest): void {
    if (request.method !== 'GET' || isMachine(request.headers['user-agent'])) return;
    // What a browser fetches in case its reader might want it is no visit.
    if (/prefetch|prerender/.test(String(request.headers['sec-purpose'] ?? request.headers['purpose'] ?? '')))
      return;
    const visit = `${key}\n${clientOf(this.config.secret, request.ip)}\n${request.headers['user-agent']}`;
    const now = this.clock.now().getTime();
    const before = this.recent.get(visit);
    this.recent.delete(visit);
    this.recent.set(visit, now);
    if (this.recent.size > maxVisits) this.recent.delete(this.recent.keys().next().value as string);
    if (before !== undefined && now - before < sameVisit) return;
    if (this.counts.size >= maxPublications && !this.counts.has(key)) return;
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    this.timer ??= setTimeout(() => void this.write(), pause).unref();
  }

  /** Writes what was counted so far; what cannot be written is tried again with the next. */
  async write(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { counts } = this;
    if (counts.size === 0) return;
    this.counts = new Map();
    try {
      await this.store.usage.bulkWrite(
        [...counts].map(([_id, views]) => ({
          updateOne: { filter: { _id }, update: { $inc: { views, downloads: 0 } }, upsert: true },
        })),
        { ordered: false },
      );
    } catch (error) {
      this.logger.warn({ error: messageOf(error) }, 'could not write views; they are kept for the next time');
      for (const [key, views] of counts)
        if (this.counts.size < maxPublications) this.counts.set(key, (this.counts.get(key) ?? 0) + views);
    }
  }

  async onModuleDestroy(): Promise<void> {
    await this.write();
  }

  onApplicationShutdown(): void {
    clearTimeout(this.timer);
  }
}
