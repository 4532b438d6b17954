import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { AccessRules } from '../domain/access.js';
import type { JobRowReader } from '../job-rows/job-row-reader.js';
import type { Catalogue } from '../persistence/catalogue.js';
import { JobFeed } from './job-feed.js';
import type { OpenStream } from './open-stream.js';
import type { ShownTexts } from './shown-texts.js';

interface Stored {
  readonly _id: string;
  readonly updatedAt: Date;
  readonly catena?: { readonly progress: { readonly at: Date } };
}

const start = 1_800_000_000_000;
const at = (seconds: number): Date => new Date(start + seconds * 1000);

describe('The feed of all jobs', () => {
  let stored: Stored[];
  let feed: JobFeed;

  beforeEach(() => {
    stored = [];
    const find = (condition: { $or: [{ updatedAt: { $gte: Date } }, object] }) => {
      const from = condition.$or[0].updatedAt.$gte;
      const found = stored.filter(
        ({ updatedAt, catena }) => updatedAt >= from || (catena?.progress.at ?? 0) >= from,
      );
      return { limit: (count: number) => ({ toArray: () => Promise.resolve(found.slice(0, count)) }) };
    };
    const reader = {
      facts: (ids: string[]) => Promise.resolve(ids.map((_id) => ({ _id }))),
      companyOf: () => Promise.resolve({}),
      rowFor: (_caller: unknown, { _id }: { _id: string }) => ({ id: _id }),
    };
    feed = new JobFeed(
      { jobs: { find } } as unknown as Catalogue,
      reader as unknown as JobRowReader,
      { allows: () => true } as unknown as AccessRules,
      { of: () => (row: object) => row } as unknown as ShownTexts,
    );
  });

  /** A listener, and what he has heard. */
  function listening(lastEventId?: string): string[] {
    const heard: string[] = [];
    const send = (name: string, data: string): void => {
      heard.push(name === 'job' ? (JSON.parse(data) as { id: string }).id : name);
    };
    feed.add({ send, caller: {} } as unknown as OpenStream, lastEventId);
    return heard;
  }

  it('tells the end of a job by a writer whose clock is behind that of its last progress', async () => {
    const heard = listening();
    await feed.look(at(0));
    const progress = { progress: { at: at(3) } };
    stored = [{ _id: 'j', updatedAt: at(1), catena: progress }];
    await feed.look(at(4));
    await feed.look(at(5));
    stored = [{ _id: 'j', updatedAt: at(2), catena: progress }];
    await feed.look(at(6));
    await feed.look(at(7));
    assert.deepEqual(heard, ['j', 'j']);
  });

  it('has everybody read everything anew when more has changed at one time than a look reads, and goes on', async () => {
    const heard = listening();
    await feed.look(at(0));
    stored = Array.from({ length: 5000 }, (_, index) => ({ _id: `mass/${index}`, updatedAt: at(1) }));
    await feed.look(at(2));
    assert.deepEqual(heard, ['reset']);
    stored = [...stored, { _id: 'later', updatedAt: at(3) }];
    await feed.look(at(4));
    assert.deepEqual(heard, ['reset', 'later'], 'not once more for the same jobs');
    const back = listening(String(at(1).getTime()));
    await feed.look(at(5));
    assert.deepEqual(back, ['later', 'reset'], 'who was away meanwhile, too');
  });
});
