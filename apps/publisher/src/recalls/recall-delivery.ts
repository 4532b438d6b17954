import { Inject, Injectable } from '@nestjs/common';
import { doiKey } from '#datacite';
import { backOff, Clock, crashPoint, isAway, isRetriable, messageOf, stillMoving } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { FeedClient, feedRefusalOf } from '#publication-feed';
import { CatalogClient } from '../catalog/catalog-client.js';
import { landingPageOf } from '../domain/landing-page.js';
import { PublisherStore } from '../persistence/publisher-store.js';
import type { Recall } from '../persistence/records.js';
import { ConfigToken, type PublisherConfig } from '../publisher.config.js';
import { CopyFeed } from './copy-feed.js';
import { RecallMail } from './recall-mail.js';
import { RecallOrders } from './recall-orders.js';

/** Milliseconds a finished recall stays here, and between two looks for those that have stayed so long. */
const memory = 30 * 86_400_000;
const forgetting = 3_600_000;
const maxAttempts = 20;
/** Milliseconds until a mail server that took no question for an address is asked to again. */
const mailPause = 600_000;

/** How a job ends in SciCat's words. */
const goodEnds: ReadonlySet<string> = new Set(['finishedSuccessful']);
const ends: ReadonlySet<string> = new Set([
  ...goodEnds,
  ...['finishedUnsuccessful', 'finishedWithDatasetErrors', 'jobCancel'],
]);

/** Fetches what readers asked for in the DMZ, has it brought back by an ordinary job, and carries the news back. */
@Injectable()
export class RecallDelivery extends HostedLoop {
  /** The mail server failed in this round: one that hangs must not hold up every recall. */
  private mailFailed = false;
  /** Milliseconds since 1970. */
  private forgotAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly store: PublisherStore,
    private readonly catalog: CatalogClient,
    private readonly feed: FeedClient,
    private readonly copies: CopyFeed,
    private readonly mail: RecallMail,
    private readonly orders: RecallOrders,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: PublisherConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super({
      name: 'recalls',
      pause: config.recalls.interval,
      logger,
      fault: 'could not look for recalls, trying again',
      ready: () => store.whenReady(),
    });
  }

  async round(): Promise<void> {
    this.mailFailed = false;
    for (const request of await this.feed.recalls()) await this.orders.orderOf(request);
    while (!this.stopping.aborted && (await this.takeOne()));
    await this.forgetOld();
  }

  private async forgetOld(): Promise<void> {
    const now = this.clock.now().getTime();
    if (now - this.forgotAt < forgetting) return;
    await this.store.recalls.deleteMany({ finishedAt: { $lt: new Date(now - memory) } });
    this.forgotAt = now;
  }

  private async takeOne(): Promise<boolean> {
    const now = this.clock.now();
    const recall = await this.store.recalls.findOneAndUpdate(
      { dueAt: { $lte: now } },
      // Every step may be taken twice: a worker that is only slow does no harm.
      { $set: { dueAt: new Date(now.getTime() + 2 * this.config.lease) } },
      { sort: { dueAt: 1 }, returnDocument: 'after' },
    );
    if (recall === null) return false;
    stillMoving();
    try {
      await this.step(recall);
    } catch (error) {
      await this.afterFault(recall, error);
    }
    return true;
  }

  private async step(recall: Recall): Promise<void> {
    switch (recall.state) {
      case 'requested':
        return this.request(recall);
      case 'recalling':
        return this.follow(recall);
      case 'mailing':
        return this.mailGoodNews(recall);
      case 'ready':
      case 'failed':
        return this.end(recall, recall.state);
    }
  }

  private async request(recall: Recall): Promise<void> {
    const found = await this.store.contents.findOne({ key: doiKey(recall.doi) });
    const pids = found?.record.datasets.map(({ pid }) => pid) ?? [];
    if (found === null || found.record.state !== 'published' || pids.length === 0)
      return this.fail(recall, 'This publication has no files that could be brought back.');
    await this.askToConfirm(recall);
    const job = await this.catalog.recall(this.config.recalls.jobType, pids, `recall:${recall._id}`);
    crashPoint('publisher.after-recall-job');
    await this.save(recall, { state: 'recalling', jobId: job.id, dueAt: this.soon() });
    await this.tell(recall, { state: 'recalling', bytesDone: 0, bytesTotal: found.record.files?.bytes ?? 0 });
  }

  private async follow(recall: Recall): Promise<void> {
    await this.askToConfirm(recall);
    const job = await this.catalog.job(recall.jobId ?? '');
    if (!ends.has(job.statusCode)) {
      const { bytesDone = 0, bytesTotal = 0 } = await this.catalog.progress(job.id);
      await this.tell(recall, { state: 'recalling', bytesDone, bytesTotal });
      return this.save(recall, { dueAt: this.soon(), attempts: 0 });
    }
    const copies = job.jobResultObject?.result ?? [];
    if (!goodEnds.has(job.statusCode) || copies.length === 0)
      return this.fail(recall, 'The files could not be brought back from tape.');
    for (const copy of copies) await this.copies.send(copy);
    crashPoint('publisher.after-copies');
    const bytes = copies.reduce((sum, { size }) => sum + size, 0);
    const confirmed = await this.tell(recall, { state: 'ready', bytesDone: bytes, bytesTotal: bytes });
    await this.save(recall, { state: 'mailing', confirmed, dueAt: this.clock.now(), attempts: 0 });
  }

  private async mailGoodNews(recall: Recall): Promise<void> {
    if (this.mailFailed) return this.save(recall, { dueAt: this.soon() });
    try {
      await this.mail.send(recall, true, this.pageOf(recall.doi));
    } catch (error) {
      this.mailFailed = isRetriable(error);
      throw error;
    }
    await this.end(recall, 'ready');
  }

  /** Once; a mail server that is away is asked again after a while, and holds nothing up. */
  private async askToConfirm(recall: Recall): Promise<void> {
    const { _id, email, confirmation, confirmationAskedAt, confirmationTriedAt } = recall;
    if (email === undefined || confirmation === undefined || confirmationAskedAt !== undefined) return;
    const now = this.clock.now();
    const triedAt = confirmationTriedAt?.getTime() ?? -Infinity;
    if (this.mailFailed || now.getTime() - triedAt < mailPause) return;
    // Before the mail: a publisher that is stopped while the mail server hangs does not begin anew with it.
    await this.save(recall, { confirmationTriedAt: now });
    const link = `${this.config.publicUrl}/requests/${encodeURIComponent(_id)}/confirm?token=${confirmation}`;
    try {
      await this.mail.askToConfirm(recall, link);
      await this.save(recall, { confirmationAskedAt: this.clock.now() });
    } catch (error) {
      const isFinal = !isRetriable(error);
      if (isFinal) await this.store.recalls.updateOne({ _id }, { $unset: { email: '', confirmation: '' } });
      else this.mailFailed = true;
      this.logger.warn(
        { recall: _id, error: messageOf(error) },
        isFinal ? 'a reader left an address that takes no mail' : 'could not ask a reader to confirm yet',
      );
    }
  }

  private async fail(recall: Recall, message: string): Promise<void> {
    this.logger.error({ recall: recall._id, doi: recall.doi, jobId: recall.jobId }, message);
    const confirmed = await this.tell(recall, { state: 'failed', bytesDone: 0, bytesTotal: 0, message });
    await this.mail
      .send({ ...recall, confirmed }, false, this.pageOf(recall.doi))
      .catch((error: unknown) =>
        this.logger.warn({ recall: recall._id, error: messageOf(error) }, 'could not send the bad news'),
      );
    await this.end(recall, 'failed');
  }

  private async afterFault(recall: Recall, error: unknown): Promise<void> {
    // The job goes on while the public server is away: no reader is told that it failed.
    const attempts = isAway(error) ? recall.attempts : recall.attempts + 1;
    const message = messageOf(error).slice(0, 2000);
    this.logger.warn({ recall: recall._id, doi: recall.doi, attempts, error: message }, 'a recall waits');
    if (!isRetriable(error) || attempts >= maxAttempts) {
      // The files are there; only the mail is not.
      if (recall.state === 'mailing') return this.end(recall, 'ready');
      await this.fail(recall, 'The files could not be brought back from tape.').catch(() => undefined);
      return;
    }
    const { first, most } = this.config.retryPause;
    const dueAt = new Date(this.clock.now().getTime() + first / 2 + backOff(attempts, first, most));
    await this.save(recall, { attempts, dueAt, message });
  }

  /**
   * A request that is no longer there needs no news.
   *
   * @returns whether the reader has confirmed the address; after the news of the end that changes no more
   */
  private async tell(recall: Recall, news: Parameters<FeedClient['reportRecall']>[1]): Promise<boolean> {
    if (!recall.asked) return false;
    try {
      const known = await this.feed.reportRecall(recall._id, news);
      return known?.confirmed === true;
    } catch (error) {
      if (feedRefusalOf(error)?.status !== 404) throw error;
      return false;
    }
  }

  private async end({ _id }: Recall, state: 'ready' | 'failed'): Promise<void> {
    await this.store.recalls.updateOne(
      { _id },
      { $set: { state, finishedAt: this.clock.now() }, $unset: { dueAt: '', email: '', confirmation: '' } },
    );
  }

  private async save({ _id }: Recall, fields: Partial<Recall>): Promise<void> {
    await this.store.recalls.updateOne({ _id }, { $set: fields });
  }

  private soon(): Date {
    return new Date(this.clock.now().getTime() + this.config.recalls.interval);
  }

  private pageOf(doi: string): string {
    return landingPageOf(this.config.publicUrl, doi);
  }
}
