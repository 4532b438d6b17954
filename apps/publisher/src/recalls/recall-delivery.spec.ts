import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newId, SystemClock, TransientError, wait } from '#kernel';
import { createLogger } from '#observability';
import { FeedClient } from '#publication-feed';
import type { PublisherStore } from '../persistence/publisher-store.js';
import type { Recall } from '../persistence/records.js';
import type { PublisherConfig } from '../publisher.config.js';
import type { CatalogClient } from '../catalog/catalog-client.js';
import type { CopyFeed } from './copy-feed.js';
import type { RecallMail } from './recall-mail.js';
import type { RecallOrders } from './recall-orders.js';
import { RecallDelivery } from './recall-delivery.js';

const config = {
  publicUrl: 'https://data.example.org',
  lease: 0,
  retryPause: { first: 0, most: 0 },
  recalls: { interval: 1, jobType: 'public', onPublication: false },
} as PublisherConfig;

/** One recall whose job has ended well, and a publication server that fails so and so often before it takes the news. */
class Desk {
  readonly mails: boolean[] = [];
  readonly links: string[] = [];
  readonly confirmed: (boolean | undefined)[] = [];
  private readonly recall: Recall;

  constructor(
    private faults: number,
    private readonly fault: () => Promise<never>,
    /** What the publication server says when it is told of the end. */
    private readonly known: { confirmed?: boolean } | undefined = undefined,
    more: Partial<Recall> = {},
  ) {
    this.recall = {
      ...{ _id: newId(), doi: '10.5072/abc', state: 'recalling', asked: true, jobId: 'j', attempts: 0 },
      ...{ dueAt: new Date(0), requestedAt: new Date(0) },
      ...more,
    };
  }

  async outcome(): Promise<unknown> {
    const courier = new RecallDelivery(
      this.store,
      ...this.tools,
      new SystemClock(),
      config,
      createLogger('recall-delivery.spec', 'silent'),
    );
    courier.onApplicationBootstrap();
    while (this.recall.finishedAt === undefined) await wait(5);
    await courier.beforeApplicationShutdown();
    return [this.recall.state, this.mails];
  }

  private get store(): PublisherStore {
    const change = ({ $set = {}, $unset = {} }: { $set?: object; $unset?: object }): void => {
      Object.assign(this.recall, $set);
      for (const name of Object.keys($unset)) delete this.recall[name as keyof Recall];
    };
    const recalls = {
      findOneAndUpdate: async () => (this.recall.dueAt === undefined ? null : { ...this.recall }),
      updateOne: async (_: unknown, update: object) => change(update),
      deleteMany: async () => undefined,
    };
    return { recalls, whenReady: () => Promise.resolve() } as unknown as PublisherStore;
  }

  private get tools() {
    const result = [{ archiveId: 'a', size: 1 }];
    const parts = {
      catalog: { job: async () => ({ statusCode: 'finishedSuccessful', jobResultObject: { result } }) },
      copies: { send: async () => undefined },
      feed: { recalls: async () => [], reportRecall: () => this.report() },
      mail: {
        send: async ({ confirmed }: Recall, good: boolean) => {
          this.mails.push(good);
          this.confirmed.push(confirmed);
        },
        askToConfirm: async (_: unknown, link: string) => void this.links.push(link),
      },
    };
    const { catalog, feed, copies, mail, orders } = parts as Record<string, unknown>;
    return [catalog, feed, copies, mail, orders] as never as [
      CatalogClient,
      FeedClient,
      CopyFeed,
      RecallMail,
      RecallOrders,
    ];
  }

  private async report(): Promise<{ confirmed?: boolean } | undefined> {
    this.faults -= 1;
    if (this.faults >= 0) await this.fault();
    return this.known;
  }
}

describe('A recall', () => {
  const nobody = new FeedClient({ url: 'http://127.0.0.1:1', secret: 'a secret of the test' });

  it('outlasts any outage of the publication server: the reader is told of the good end only', async () => {
    const desk = new Desk(100, () => nobody.recalls() as Promise<never>);
    assert.deepEqual(await desk.outcome(), ['ready', [true]]);
  });

  it('asks its reader once to confirm the address, and learns the answer when it tells of the end', async () => {
    const reader = { _id: 'r-1', email: 'ada@example.org', confirmation: 'a'.repeat(32) };
    for (const confirmed of [true, false]) {
      const desk = new Desk(3, () => nobody.recalls() as Promise<never>, { confirmed }, reader);
      assert.deepEqual(await desk.outcome(), ['ready', [true]]);
      assert.deepEqual(desk.confirmed, [confirmed]);
      assert.deepEqual(desk.links, [`https://data.example.org/requests/r-1/confirm?token=${'a'.repeat(32)}`]);
    }
  });

  it('ends when an answer is the same fault again and again', async () => {
    const desk = new Desk(20, () =>
      Promise.reject(new TransientError('test.fault', 'It answered nonsense.')),
    );
    assert.deepEqual(await desk.outcome(), ['failed', [false]]);
  });
});
