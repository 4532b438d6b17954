import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, it } from 'node:test';
import type { FastifyReply } from 'fastify';
import { Clock } from '#kernel';
import { createLogger } from '#observability';
import type { CallerLookup } from '../accounts/caller-lookup.js';
import type { Session, JobRecord } from '../persistence/records.js';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { TooManyRequests } from '../domain/errors.js';
import { JobChanges } from './job-changes.js';
import type { Catalogue } from '../persistence/catalogue.js';
import { EventStreams } from './event-streams.js';
import { JobRowReader } from '../job-rows/job-row-reader.js';
import { JobFeed } from './job-feed.js';
import { JobWatchers } from './job-watchers.js';
import { OpenStreams } from './open-streams.js';
import { ShownTexts } from './shown-texts.js';

class TestClock extends Clock {
  time = Date.UTC(2026, 0, 1);
  override now(): Date {
    return new Date(this.time);
  }
}

/** The server's end of a connection; a reader who does not read leaves what is written in it. */
class Connection extends Writable {
  heard = '';
  readonly socket = { destroyed: false };
  constructor(private readonly reads: boolean) {
    super({ highWaterMark: 1024 });
  }
  writeHead(): void {}
  flushHeaders(): void {}
  override _write(chunk: Buffer, _: string, done: () => void): void {
    if (!this.reads) return;
    this.heard += chunk.toString();
    done();
  }
}

interface Scene {
  readonly streams: EventStreams;
  readonly news: JobChanges;
  readonly clock: TestClock;
  readonly jobs: JobRecord[];
  /** Conditions of the queries so far. */
  readonly queries: object[];
  /** Users whose sessions were looked up again. */
  readonly lookups: string[];
  readonly gone: Set<string>;
  open(jobId: string | undefined, user: string, reads?: boolean): Connection;
}

const jobWith = (id: string, more: Partial<JobRecord> = {}): JobRecord =>
  ({
    _id: id,
    id,
    type: 'archive',
    statusCode: 'inProgress',
    statusMessage: 'Working.',
    ownerUser: 'ada',
    ownerGroup: 'g',
    updatedAt: new Date(Date.UTC(2026, 0, 1)),
    ...more,
  }) as JobRecord;

function scene(limits = { perPerson: 1000, perProcess: 1000 }): Scene {
  const clock = new TestClock();
  const jobs: JobRecord[] = [];
  const queries: object[] = [];
  const lookups: string[] = [];
  const gone = new Set<string>();
  const cursor = {
    sort: () => cursor,
    limit: () => cursor,
    toArray: () => Promise.resolve([...jobs]),
  };
  const none = { limit: () => none, toArray: () => Promise.resolve([]) };
  const catalogue = {
    jobs: {
      find: (condition: object) => {
        // Jobs that do others again: of those there are none.
        if ('$and' in condition || 'catena.retryOf' in condition) return none;
        queries.push(condition);
        return cursor;
      },
      aggregate: ([{ $match }]: [{ $match: { _id: { $in: string[] } } }]) => ({
        toArray: () =>
          Promise.resolve(
            jobs
              .filter(({ _id }) => $match._id.$in.includes(_id))
              .map((job) => ({ ...job, datasets: 0, firstPids: [] })),
          ),
      }),
    },
  } as unknown as Catalogue;
  const config = {
    eventStreams: limits,
    edge: { masksPersonalInfo: true },
  } as unknown as CatalogApiConfig;
  const callerOf = (user: string): Caller => ({
    _id: user,
    username: user,
    email: `${user}@example.org`,
    currentGroups: ['g'],
    authStrategy: 'local',
  });
  const callers = {
    callerOfSession: ({ userId }: Session) => {
      lookups.push(userId);
      return Promise.resolve(gone.has(userId) ? undefined : callerOf(userId));
    },
  } as unknown as CallerLookup;
  const tiers = ['admin', 'createJobPrivileged', 'updateJobPrivileged', 'operator', 'operationsViewer'];
  const noGroups = Object.fromEntries(tiers.map((n) => [n, []]));
  const rules = new AccessRules(noGroups as unknown as ConstructorParameters<typeof AccessRules>[0]);
  const logger = createLogger('test', 'silent');
  const texts = new ShownTexts(rules, config);
  const news = new JobChanges();
  const streams = new EventStreams(
    new OpenStreams(callers, clock, config, logger),
    new JobWatchers(catalogue, rules, texts),
    new JobFeed(catalogue, new JobRowReader(catalogue, rules), rules, texts),
    news,
    clock,
    logger,
  );
  const open = (jobId: string | undefined, user: string, reads = true): Connection => {
    const raw = new Connection(reads);
    const reply = { hijack: () => undefined, raw } as unknown as FastifyReply;
    const session = { digest: user, userId: user, sessions: 0, expiresAt: clock.time + 3_600_000 };
    if (jobId === undefined) streams.openForAll(session, callerOf(user), reply);
    else
      streams.openForJob(
        jobs.find(({ _id }) => _id === jobId)!,
        session,
        callerOf(user),
        reply,
      );
    return raw;
  };
  return { streams, news, clock, jobs, queries, lookups, gone, open };
}

describe('Event streams of one process', () => {
  it('cost two queries a round, however many there are, and none without listeners', async () => {
    const { streams, jobs, queries, open } = scene();
    await streams.round();
    assert.equal(queries.length, 0);
    for (let index = 0; index < 40; index += 1) jobs.push(jobWith(`j${index}`));
    const connections = Array.from({ length: 400 }, (_, index) =>
      open(index % 2 === 0 ? `j${index % 40}` : undefined, `user${index}`),
    );
    await streams.round();
    assert.equal(queries.length, 2);
    for (const connection of connections) connection.destroy();
    await turn();
    assert.equal(streams.count, 0);
    await streams.round();
    assert.equal(queries.length, 2, 'who closed a stream costs nothing any more');
  });

  it('tell what changed, once, with the addresses of others masked, and end with the job', async () => {
    const { streams, jobs, open } = scene();
    jobs.push(jobWith('j'));
    const [one, all] = [open('j', 'ada'), open(undefined, 'ada')];
    await streams.round();
    jobs[0] = jobWith('j', {
      statusMessage: 'ask bob@example.org',
      updatedAt: new Date(Date.UTC(2026, 0, 2)),
    });
    await streams.round();
    await streams.round();
    assert.equal(one.heard.match(/event: status/g)?.length, 2);
    assert.equal(all.heard.match(/event: job/g)?.length, 2, all.heard);
    for (const { heard } of [one, all])
      assert.ok(heard.includes('ask *****') && !heard.includes('bob@'), heard);
    jobs[0] = jobWith('j', { statusCode: 'finishedSuccessful' });
    await streams.round();
    assert.match(one.heard, /event: end/);
    assert.equal(one.writableEnded, true);
    assert.equal(all.writableEnded, false);
  });

  it('are limited for a person, over both kinds, and for the process', () => {
    const { jobs, streams, open } = scene({ perPerson: 3, perProcess: 5 });
    jobs.push(jobWith('j'));
    for (const job of ['j', undefined, 'j']) open(job, 'ada');
    assert.throws(() => open('j', 'ada'), TooManyRequests);
    assert.throws(() => open(undefined, 'ada'), TooManyRequests);
    for (let index = 0; index < 2; index += 1) open('j', 'bob');
    assert.throws(() => open('j', 'eve'), /takes no more/);
    assert.equal(streams.count, 5);
  });

  it('end with the session: when the token ends, when it was signed out, and when the process stops', async () => {
    const { streams, jobs, clock, gone, open } = scene();
    jobs.push(jobWith('j'));
    const [ada, bob] = [open('j', 'ada'), open(undefined, 'bob')];
    gone.add('bob');
    clock.time += 11_000;
    await streams.round();
    assert.deepEqual([ada.writableEnded, bob.writableEnded], [false, true]);
    clock.time += 3_600_000;
    await streams.round();
    assert.equal(ada.writableEnded, true);
    const eve = open('j', 'eve');
    // The first of all hooks at a shutdown: later ones wait for the rounds of other features.
    streams.onModuleDestroy();
    assert.equal(eve.writableEnded, true);
    assert.throws(() => open('j', 'eve'), TooManyRequests);
  });

  it('end when the job is no longer the business of the listener, or gone', async () => {
    const { streams, jobs, open } = scene();
    jobs.push(jobWith('j'), jobWith('k'));
    const [moved, removed] = [open('j', 'ada'), open('k', 'ada')];
    jobs.splice(0, 2, jobWith('j', { ownerUser: 'bob', ownerGroup: 'others' }));
    await streams.round();
    assert.deepEqual([moved.writableEnded, removed.writableEnded], [true, true]);
    assert.equal(moved.heard.match(/event: status/g)?.length, 1, 'nothing of what it became');
  });

  it('look no more than twenty sessions up in a round', async () => {
    const { streams, jobs, clock, lookups, open } = scene();
    jobs.push(jobWith('j'));
    for (let index = 0; index < 60; index += 1) open('j', `user${index % 50}`);
    await streams.round();
    assert.equal(lookups.length, 0);
    clock.time += 11_000;
    await streams.round();
    assert.equal(lookups.length, 20);
    await streams.round();
    await streams.round();
    assert.equal(new Set(lookups).size, 50, 'each of them once');
  });

  it('drop a reader who does not read, and keep the others', async () => {
    const { streams, jobs, open } = scene();
    jobs.push(jobWith('j'));
    const [deaf, reader] = [open('j', 'ada', false), open('j', 'bob')];
    for (let index = 0; index < 40 && !deaf.destroyed; index += 1) {
      jobs[0] = jobWith('j', { ownerUser: 'ada', statusMessage: `${index}`.padEnd(20_000, 'x') });
      await streams.round();
      await turn();
    }
    assert.deepEqual([deaf.destroyed, reader.destroyed], [true, false]);
    assert.equal(streams.count, 1);
  });

  it('are all served while single jobs have news all the time', async () => {
    const { streams, news, jobs, clock, gone, open } = scene();
    jobs.push(jobWith('j'), jobWith('k'));
    streams.onApplicationBootstrap();
    const [busy, all, left] = [open('j', 'ada'), open(undefined, 'bob'), open('k', 'eve')];
    gone.add('eve');
    for (let round = 0; round < 40; round += 1) {
      clock.time += 500;
      jobs[0] = jobWith('j', { statusMessage: `${round}`, updatedAt: new Date(clock.time) });
      news.tell('j');
      await streams.round();
    }
    await streams.beforeApplicationShutdown();
    assert.ok((busy.heard.match(/event: status/g)?.length ?? 0) > 20);
    assert.ok((all.heard.match(/event: job/g)?.length ?? 0) > 10, all.heard.slice(0, 300));
    assert.equal(left.writableEnded, true, 'a session that ended');
    assert.match(all.heard, /: still here/);
  });

  it('are given up when not even their end is read', async () => {
    const { streams, jobs, open } = scene();
    jobs.push(jobWith('j'));
    const deaf = open('j', 'ada', false);
    jobs[0] = jobWith('j', { statusCode: 'finishedSuccessful' });
    for (let round = 0; round < 40 && !deaf.destroyed; round += 1) {
      await streams.round();
      await turn();
    }
    assert.equal(deaf.destroyed, true);
    assert.equal(streams.count, 0);
  });
});
