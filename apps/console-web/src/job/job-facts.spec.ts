import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ShownJob, Why } from '#console-api';
import { Formats } from '../parts/formats.js';
import { rateOf, secondsLeft, withSample, type Sample } from '../parts/rate.js';
import { textsEn } from '../texts/texts-en.js';
import { helpdeskText } from './helpdesk.js';
import { mergedParts } from './merged-parts.js';
import { linkFor, safeLink } from '../parts/safe-link.js';

const f = new Formats('en', 'UTC');

describe('The rate of a job', () => {
  const at = (seconds: number, bytesDone: number) => ({
    ...{ bytesDone, bytesTotal: 10_000, datasetsDone: 0, datasetsTotal: 1 },
    at: new Date(seconds * 1000).toISOString(),
  });
  const samples = (...progress: readonly ReturnType<typeof at>[]): readonly Sample[] =>
    progress.reduce<readonly Sample[]>(withSample, []);

  it('is known after two reports, of the last five minutes', () => {
    assert.equal(rateOf(samples(at(0, 0))), undefined);
    assert.equal(rateOf(samples(at(0, 0), at(10, 1000))), 100);
    assert.equal(rateOf(samples(at(0, 0), at(400, 0), at(410, 500))), 50);
    assert.equal(rateOf(samples(at(0, 100), at(0, 100))), undefined);
  });

  it('begins anew where bytes went back', () => {
    assert.equal(samples(at(0, 500), at(10, 100)).length, 1);
  });

  it('says how long it takes, where it goes on', () => {
    assert.equal(secondsLeft(at(0, 5000), 100), 50);
    assert.equal(secondsLeft(at(0, 5000), 0), undefined);
    assert.equal(secondsLeft(at(0, 10_000), 100), undefined);
  });
});

describe('The parts of a job', () => {
  it('are work orders and works of one id, what needs a look first', () => {
    const parts = mergedParts([
      {
        orders: {
          items: [
            { id: 'j/0/1', kind: 'archive', state: 'released', targets: ['a'] },
            { _id: 'j/0/10', kind: 'archive', state: 'planned' },
            { id: 'j/0/9', kind: 'archive', state: 'planned' },
          ],
        },
        works: {
          items: [
            {
              ...{ id: 'j/0/1', kind: 'archive', state: 'open', standing: 'waits', attempts: 3 },
              ...{ dueAt: '2026-11-29T12:00:00Z', fault: { code: 'x.y', message: 'no room' } },
            },
            { id: 'j/0/2', kind: 'archive', state: 'done', attempts: 1 },
          ],
        },
        missing: [],
      },
    ]);
    assert.deepEqual(
      parts.map(({ id, state, attempts }) => [id, state, attempts]),
      [
        ['j/0/1', 'waits', 3],
        ['j/0/9', 'planned', undefined],
        ['j/0/10', 'planned', undefined],
        ['j/0/2', 'done', 1],
      ],
    );
    assert.deepEqual(
      [parts[0]?.targets, parts[0]?.nextTry, parts[0]?.isWaiting],
      [['a'], '2026-11-29T12:00:00Z', true],
    );
  });

  it('are apart where archivers have other work of the same name, and one where they share a database', () => {
    const work = { id: 'operations/p/1', kind: 'verify', state: 'open', attempts: 1, acceptedAt: 'a' };
    const appsOf = (...items: readonly object[]) =>
      mergedParts([{ works: { items: items as never }, missing: [] }]).map(({ app }) => app);
    const here = { ...work, app: 'archiver' };
    assert.deepEqual(appsOf(here, { ...work, app: 'archiver-basel' }), ['archiver-basel']);
    const other = { ...work, app: 'archiver-basel', acceptedAt: 'b' };
    assert.deepEqual(appsOf(here, other, { ...here, acceptedAt: 'c' }), ['archiver-basel', 'archiver']);
  });

  it('are what there is, where an app does not answer', () => {
    assert.deepEqual(mergedParts([{ missing: [] }]), []);
  });
});

describe('Links of others', () => {
  it('lead to pages only', () => {
    for (const bad of ['javascript:alert(1)', 'data:text/html,x', '/console', 'ftp://x', 'no'])
      assert.equal(safeLink(bad), undefined, bad);
    assert.equal(safeLink('https://s3.example.org/x?a=b'), 'https://s3.example.org/x?a=b');
  });

  it('of the installation take the id of a job as one part', () => {
    assert.equal(linkFor('https://logs/?q={jobId}', 'a&b/c'), 'https://logs/?q=a%26b%2Fc');
    assert.equal(linkFor(undefined, 'x'), undefined);
  });
});

describe('Facts for the helpdesk', () => {
  const job: ShownJob = {
    ...{ id: 'j1', type: 'archive', statusCode: 'inProgress', statusMessage: 'a\u202eb', ownerUser: 'anna' },
    datasets: { count: 2, first: { pid: '20.500/1' } },
  };
  const why: Why = {
    all: [
      {
        app: 'job-assembler',
        code: 'limit.target',
        facts: { target: 'lts', limit: 4 },
        changeable: 'operator',
      },
    ],
    missing: [{ app: 'archiver', code: 'app.silent', message: '', since: '2026-11-29T11:00:00Z' }],
    known: true,
    at: '2026-11-29T12:00:00Z',
  };
  const known = { address: 'https://c/console/jobs/j1', now: new Date(0), version: '0.9.0' };

  it('say what is known, and who did not answer', () => {
    const text = helpdeskText({ job, why, ...known }, textsEn, f);
    for (const wanted of [
      'j1',
      'https://c/console/jobs/j1',
      'limit.target',
      'target=lts',
      'archiver does not answer',
      'a⟨U+202E⟩b',
    ])
      assert.ok(text.includes(wanted), `${wanted} in ${text}`);
  });

  it('say nothing of waiting once it is over', () => {
    const text = helpdeskText(
      { job: { ...job, statusCode: 'finishedSuccessful' }, why, ...known },
      textsEn,
      f,
    );
    assert.ok(!text.includes('limit.target'));
  });
});
