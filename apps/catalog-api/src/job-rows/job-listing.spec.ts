import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { AccessRules, type Caller } from '../domain/access.js';
import type { JobFacts } from './job-row.js';
import { JobListing } from './job-listing.js';
import type { JobRowReader } from './job-row-reader.js';
import { placeFrom } from './place.js';
import type { RecordIndex } from '../record-index/record-index.js';
import { rowQueryFrom } from './row-filter.js';

const caller = { username: 'olga', currentGroups: ['admin'] } as unknown as Caller;
const rules = new AccessRules({ admin: ['admin'] } as never);

/** A database that takes its time. */
function slow(clock: ManualClock, answers: readonly (readonly JobFacts[] | undefined)[], takes: number) {
  const left = [...answers];
  const reader = {
    find: () => {
      clock.advance(takes);
      return Promise.resolve(left.length > 0 ? left.shift() : []);
    },
    rows: (_caller: Caller, jobs: readonly JobFacts[]) =>
      Promise.resolve(jobs.map(({ _id: id }) => ({ id }))),
  };
  const index = { page: () => Promise.resolve(undefined) } as unknown as RecordIndex;
  return new JobListing(reader as unknown as JobRowReader, rules, clock, index);
}

const job = { _id: 'a', createdAt: new Date('2025-12-31T23:30:00Z') } as JobFacts;

describe('A page of jobs', () => {
  it('says after two seconds what it has, and where to go on', async () => {
    const clock = new ManualClock();
    const page = await slow(clock, [[job]], 1500).page(caller, rowQueryFrom({}));
    assert.deepEqual([page.partial, page.items.length], [true, 1]);
    const { time, id } = placeFrom(page.next);
    assert.deepEqual([id, time !== undefined && time < job.createdAt!.getTime()], [undefined, true]);
  });

  it('tries a window again that could not be read in time, as a narrower one', async () => {
    const clock = new ManualClock();
    const page = await slow(clock, [undefined], 10).page(caller, rowQueryFrom({}));
    assert.deepEqual([page.partial, page.items.length], [true, 0]);
    const { width } = placeFrom(page.next);
    const again = await slow(clock, [undefined], 10).page(caller, rowQueryFrom({ after: page.next }));
    assert.ok(placeFrom(again.next).width < width);
  });

  it('ends where there is nothing more', async () => {
    const page = await slow(new ManualClock(), [], 1).page(caller, rowQueryFrom({}));
    assert.deepEqual(page, { items: [], partial: false });
  });

  it('that never gets further is refused, with what helps, after a few tries', async () => {
    let after: string | undefined;
    const turnPages = async (): Promise<void> => {
      for (let tries = 0; tries < 9; tries += 1) {
        const query = rowQueryFrom({ text: 'x', ...(after === undefined ? {} : { after }) });
        ({ next: after } = await slow(new ManualClock(), [undefined], 2000).page(caller, query));
      }
    };
    await assert.rejects(turnPages, { status: 400, message: /Add a filter/ });
  });
});
