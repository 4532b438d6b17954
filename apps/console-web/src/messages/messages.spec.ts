import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { csvOf } from '../audit/csv.js';
import { wantedIn } from '../find/find-target.js';
import { waitsOf } from '../home/home-facts.js';
import { longestShown, shownBody } from '../message/body-text.js';
import { filterOf, messagesSearchFrom } from './messages-search.js';

describe('The address of messages', () => {
  it('has what is chosen, and nothing that is usual', () => {
    assert.deepEqual(
      messagesSearchFrom({ by: 'code', state: 'parked', app: 'archiver', key: 'x.y', odd: 1 }),
      {
        ...{ app: 'archiver', key: 'x.y' },
      },
    );
    assert.deepEqual(messagesSearchFrom({ by: 'day', state: 'replayed' }), { by: 'day', state: 'replayed' });
    assert.deepEqual(messagesSearchFrom({ by: 'colour', state: 'lost', app: '' }), {});
  });

  it('becomes the filter of a group', () => {
    assert.deepEqual(filterOf({ app: 'a', key: 'x.y' }), { code: 'x.y' });
    assert.deepEqual(filterOf({ by: 'type', key: 'a.b.v1', jobId: 'j' }), { type: 'a.b.v1', jobId: 'j' });
    assert.deepEqual(filterOf({ by: 'day', key: '2026-11-29' }), {
      from: '2026-11-29T00:00:00.000Z',
      to: '2026-11-30T00:00:00.000Z',
    });
    assert.deepEqual(filterOf({ by: 'day', key: 'never' }), {});
  });
});

describe('A body', () => {
  it('is laid out where it is JSON, and as it came where it is not', () => {
    assert.deepEqual(shownBody('{"a":1}', 'utf8'), { kind: 'text', text: '{\n  "a": 1\n}' });
    assert.deepEqual(shownBody('<script>', 'utf8'), { kind: 'text', text: '<script>' });
    assert.deepEqual(shownBody('AAAA', 'base64'), { kind: 'text', text: 'AAAA' });
  });

  it('that is too long is a file', () => {
    assert.deepEqual(shownBody('é'.repeat(longestShown), 'utf8'), { kind: 'file', bytes: 2 * longestShown });
    assert.equal(shownBody('a'.repeat(longestShown), 'utf8').kind, 'text');
    assert.equal(shownBody('A'.repeat(2 * longestShown), 'base64').kind, 'file');
  });
});

describe('What people look for', () => {
  const apps = ['archiver', 'catalog-api'];

  it('may be a job, a message, a dataset or a DOI', () => {
    assert.deepEqual(wantedIn(' 1a2b-3c ', apps), { id: '1a2b-3c' });
    assert.deepEqual(wantedIn('20.500.11935/1a', apps), { pid: '20.500.11935/1a' });
    assert.deepEqual(wantedIn('archiver/65a1', apps), { message: { app: 'archiver', id: '65a1' } });
    assert.deepEqual(wantedIn('https://doi.org/10.5072/x', apps), { doi: '10.5072/x', pid: '10.5072/x' });
    assert.deepEqual(wantedIn('two words', apps), {});
  });
});

describe('What unfinished jobs wait for', () => {
  it('is counted by what holds them most, what people decide first', () => {
    const job = (id: string, code: string, changeable: 'operator' | 'nobody') => ({
      ...{ id, type: 'archive', statusCode: 'inProgress', statusMessage: '', datasets: { count: 1 } },
      why: {
        headline: { code, facts: {}, app: 'archiver', changeable },
        ...{ all: [], missing: [], known: true, at: '' },
      },
    });
    const counts = waitsOf([
      job('1', 'work.queued', 'nobody'),
      job('2', 'work.queued', 'nobody'),
      job('3', 'paused', 'operator'),
      job('4', 'work.running', 'nobody'),
    ]);
    assert.deepEqual(
      counts.map(({ code, count, jobId }) => [code, count, jobId]),
      [
        ['paused', 1, '3'],
        ['work.queued', 2, '2'],
      ],
    );
  });
});

describe('The audit trail as a table', () => {
  it('has one line each, and no formula', () => {
    const entry = {
      ...{ id: '1', at: '2026-11-29T12:00:00Z', by: '=cmd()', via: 'console' as const, app: 'archiver' },
      ...{
        action: 'job.cancel' as const,
        subject: 'job/1',
        outcome: 'done' as const,
        reason: 'said "no",\nthen left',
      },
    };
    const [head, ...lines] = csvOf([entry]).split('\r\n');
    assert.match(head ?? '', /^at,app,by/);
    assert.deepEqual(lines, [
      `2026-11-29T12:00:00Z,archiver,'=cmd(),console,job.cancel,job/1,,"said ""no"",\nthen left",done,`,
    ]);
    assert.equal(csvOf([entry], 'There is more, load it.').split('\r\n').at(-1), '"There is more, load it."');
  });
});
