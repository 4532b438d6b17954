import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock, PermanentError, TransientError, wait } from '#kernel';
import { createLogger } from '#observability';
import type { PublisherStore } from '../persistence/publisher-store.js';
import type { Recall } from '../persistence/records.js';
import type { PublisherConfig } from '../publisher.config.js';
import type { CatalogClient } from '../catalog/catalog-client.js';
import type { CopyFeed } from './copy-feed.js';
import type { RecallMail } from './recall-mail.js';
import type { RecallOrders } from './recall-orders.js';
import type { FeedClient } from '#publication-feed';
import { RecallDelivery } from './recall-delivery.js';

const config = {
  publicUrl: 'https://data.example.org',
  lease: 1000,
  retryPause: { first: 0, most: 0 },
  recalls: { interval: 1, jobType: 'public', onPublication: false },
} as PublisherConfig;

/** Recalls that are under way for readers who are to confirm their addresses. */
class Desk {
  readonly clock = new ManualClock(new Date());
  readonly asked: string[] = [];
  readonly followed: string[] = [];
  readonly mailed: string[] = [];
  /** What the mail server answers. */
  answer: Error | undefined;
  rounds = 0;
  readonly recalls: Recall[] = ['a', 'b'].map((_id) => ({
    ...{ _id, doi: '10.5072/abc', state: 'recalling', asked: true, jobId: 'j', attempts: 0 },
    ...{ email: `${_id}@example.org`, confirmation: 'x'.repeat(32) },
    ...{ dueAt: new Date(0), requestedAt: new Date(0) },
  }));
  private readonly courier = new RecallDelivery(
    this.store,
    ...this.tools,
    this.clock,
    config,
    createLogger('recall-confirmations.spec', 'silent'),
  );

  async during(story: () => Promise<void>): Promise<void> {
    this.courier.onApplicationBootstrap();
    try {
      await story();
    } finally {
      await this.courier.beforeApplicationShutdown();
    }
  }

  /** A look at all recalls, so many milliseconds later. */
  async lookAfter(milliseconds: number): Promise<void> {
    this.clock.advance(milliseconds);
    const before = this.rounds;
    while (this.rounds < before + 2) await wait(1);
  }

  private get store(): PublisherStore {
    const change = (_id: string, { $set = {}, $unset = {} }: { $set?: object; $unset?: object }): Recall => {
      const recall = this.recalls.find((candidate) => candidate._id === _id)!;
      Object.assign(recall, $set);
      for (const name of Object.keys($unset)) delete recall[name as keyof Recall];
      return { ...recall };
    };
    const recalls = {
      findOneAndUpdate: async ({ dueAt: { $lte } }: { dueAt: { $lte: Date } }, update: object) => {
        const due = this.recalls.find(({ dueAt }) => dueAt !== undefined && dueAt <= $lte);
        return due === undefined ? null : change(due._id, update);
      },
      updateOne: async ({ _id }: { _id: string }, update: object) => change(_id, update),
      deleteMany: async () => undefined,
    };
    return { recalls, whenReady: () => Promise.resolve() } as unknown as PublisherStore;
  }

  private get tools() {
    const parts = {
      catalog: { job: async () => ({ statusCode: 'inProgress' }), progress: async () => ({}) },
      feed: {
        recalls: async () => ((this.rounds += 1), []),
        reportRecall: async (id: string) => void this.followed.push(id),
      },
      mail: {
        send: async ({ _id }: Recall) => {
          this.mailed.push(_id);
          if (this.answer !== undefined) throw this.answer;
        },
        askToConfirm: async ({ _id }: Recall) => {
          this.asked.push(_id);
          if (this.answer !== undefined) throw this.answer;
        },
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
}

describe('Questions to confirm an address', () => {
  it('wait ten minutes for a mail server that fails, which holds up no recall', async () => {
    const desk = new Desk();
    desk.answer = new TransientError('publication.mail-away', 'No mail server there.');
    await desk.during(async () => {
      await desk.lookAfter(0);
      for (let look = 0; look < 20; look += 1) await desk.lookAfter(5000);
      assert.deepEqual(desk.asked.slice().sort(), ['a', 'b'], 'each once');
      assert.ok(desk.followed.length >= 40, `followed ${desk.followed.length} times`);
      desk.answer = undefined;
      await desk.lookAfter(600_000);
      await desk.lookAfter(600_000);
      assert.deepEqual(desk.asked.slice().sort(), ['a', 'a', 'b', 'b']);
      assert.ok(desk.recalls.every(({ confirmationAskedAt }) => confirmationAskedAt !== undefined));
    });
  });

  it('are put to a mail server that fails once a round, and so is the good news', async () => {
    for (const state of ['recalling', 'mailing'] as const) {
      const desk = new Desk();
      for (const recall of desk.recalls) recall.state = state;
      desk.answer = new TransientError('publication.mail-away', 'No mail server there.');
      await desk.during(() => desk.lookAfter(0));
      const { asked, mailed, rounds } = desk;
      const tried = asked.length + mailed.length;
      assert.ok(tried > 0 && tried <= rounds, `${tried} mails in ${rounds} rounds`);
    }
  });

  it('end with an address that takes no mail, which is forgotten', async () => {
    const desk = new Desk();
    desk.answer = new PermanentError('publication.address-refused', 'Nobody of that name.');
    await desk.during(async () => {
      await desk.lookAfter(0);
      await desk.lookAfter(600_000);
      assert.deepEqual(desk.asked.slice().sort(), ['a', 'b']);
      assert.ok(desk.recalls.every(({ email, state }) => email === undefined && state === 'recalling'));
    });
  });
});
