import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import type { OperatedApp } from '#operations-client';
import { OperatedApps } from '../calls/operated-apps.js';
import type { CataloguePassing } from '../passing/catalogue-passing.js';
import type { CurrentSession } from '../session/session.js';
import { Jobs, type Asking, type JobParts } from './jobs.service.js';

const session: CurrentSession = {
  ...{ username: 'anna', groups: [], permissions: [], rightsAt: 0, until: 1, key: 'key', stale: false },
};
const asking: Asking = { session, from: '192.0.2.7', signal: new AbortController().signal };
const catalogue = { read: () => Promise.resolve({ job: { id: 'J' } }) } as unknown as CataloguePassing;

/** An app with a list of so many parts; it pages by numbers, and knows of its own places only. */
class Listing {
  answer: (() => object) | undefined;
  asked = 0;
  private readonly server: Server;

  constructor(
    readonly name: string,
    private readonly count: number,
  ) {
    this.server = createServer((request, response) => {
      this.asked += 1;
      const { pathname, searchParams: query } = new URL(request.url ?? '', 'http://x');
      const [start, limit] = [Number(query.get('after') ?? 0), Number(query.get('limit'))];
      const until = Math.min(this.count, start + limit);
      const own = {
        items: Array.from({ length: until - start }, (_, n) => ({ id: start + n, path: pathname })),
        ...(until < this.count ? { next: String(until) } : {}),
      };
      const body = this.answer === undefined ? own : this.answer();
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  }

  async start(): Promise<OperatedApp> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const { port } = this.server.address() as AddressInfo;
    return { name: this.name, url: `http://127.0.0.1:${port}`, token: 'token' };
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

describe('Parts of a job, of several archivers', () => {
  const listings = [
    new Listing('job-assembler', 3),
    new Listing('archiver-basel', 5),
    new Listing('archiver-bern', 1),
  ];
  const [assembler, basel, bern] = listings as [Listing, Listing, Listing];
  let apps: OperatedApp[];
  let jobs: Jobs;
  before(async () => {
    apps = await Promise.all(listings.map((one) => one.start()));
    jobs = new Jobs(catalogue, new OperatedApps(apps), new ManualClock());
  });
  after(() => listings.forEach((one) => one.stop()));
  const idsOf = ({ works }: JobParts): string[] =>
    works.items.map((item) => `${item.app} ${(item as unknown as { id: number }).id}`);

  it('come page by page, each app from its own place, until all are at their end', async () => {
    const found: string[] = [];
    let worksAfter: string | undefined;
    let pages = 0;
    do {
      pages += 1;
      const page = await jobs.parts(asking, 'J', {
        limit: 2,
        ...(worksAfter === undefined ? {} : { worksAfter }),
      });
      found.push(...idsOf(page));
      worksAfter = page.works.next;
    } while (worksAfter !== undefined && pages < 10);
    assert.equal(pages, 3);
    assert.deepEqual(found.sort(), [
      ...[0, 1, 2, 3, 4].map((id) => `archiver-basel ${id}`),
      'archiver-bern 0',
    ]);
    assert.deepEqual([basel.asked, bern.asked], [3, 1], 'who is at its end is left alone');
  });

  it('name an app that answers in another form, and ask it from the same place with the next page', async () => {
    for (const odd of [null, {}, { items: 'none' }, { items: [null] }, { items: [], next: 7 }]) {
      bern.answer = () => odd as object;
      const page = await jobs.parts(asking, 'J', { limit: 2 });
      assert.deepEqual(
        page.missing.map(({ app, code, message }) => [app, code, message]),
        [['archiver-bern', 'app.refused', 'it did not take the question']],
      );
      bern.answer = undefined;
      const next = await jobs.parts(asking, 'J', { limit: 2, worksAfter: page.works.next ?? '' });
      assert.deepEqual(idsOf(next), ['archiver-basel 2', 'archiver-basel 3', 'archiver-bern 0']);
    }
  });

  it('say where the apps file names no app that has them', async () => {
    const few = new Jobs(catalogue, new OperatedApps(apps.slice(1)), new ManualClock());
    const { orders, missing } = await few.parts(asking, 'J', { limit: 2 });
    assert.deepEqual(orders, { items: [] });
    assert.deepEqual(
      missing.map(({ app, code }) => [app, code]),
      [['job-assembler', 'app.refused']],
    );
  });

  it('refuse a place that is none', async () => {
    for (const after of ['x', '', Buffer.from('[]').toString('base64url'), 'bnVsbA', 'eyJhIjoxfQ'])
      await assert.rejects(jobs.parts(asking, 'J', { limit: 2, after }), { code: 'console.bad-request' });
    assert.ok(assembler.asked > 0);
  });

  it('and their trail say when there is more, and who has no trail', async () => {
    const entry = { at: '2026-01-01T00:00:00Z', by: 'olga', from: '10.1.2.3', action: 'job.priority' };
    basel.answer = () => ({ items: [entry], next: 'older' });
    bern.answer = () => ({ items: {} });
    assembler.answer = () => ({ items: [] });
    const { items, more, missing } = await jobs.trail(asking, 'J');
    assert.deepEqual([items.length, more], [1, true]);
    assert.deepEqual(
      missing.map(({ app, code }) => [app, code]),
      [['archiver-bern', 'app.refused']],
    );
    bern.answer = basel.answer = () => ({ items: [entry] });
    assert.equal((await jobs.trail(asking, 'J')).more, undefined);
  });
});
