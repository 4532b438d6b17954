import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { digestOf } from './digest.js';
import { fileListName, sha256Of } from './file-list.js';
import type { PublicRecord } from './public-record.js';
import { judgePushToken, pushToken, type PushTarget } from './push-token.js';
import { problemsOfFileLine, problemsOfRecord } from './record-schema.js';

const record: PublicRecord = {
  doi: '10.5072/abc',
  revision: 1,
  state: 'published',
  registered: true,
  landingPage: 'https://data.example.org/doi/10.5072/abc',
  publishedAt: '2026-02-03T04:05:06Z',
  resource: {
    doi: '10.5072/abc',
    creators: [{ name: 'Lovelace, Ada' }],
    titles: [{ title: 'T' }],
    publisher: { name: 'P' },
    publicationYear: 2026,
    types: { resourceTypeGeneral: 'Dataset' },
  },
  datasets: [],
  pictures: [],
};

describe('The digest of a record', () => {
  it('is the same for the same content, whatever the order of properties and the revision', () => {
    const turned = Object.fromEntries(Object.entries(record).reverse()) as unknown as PublicRecord;
    assert.equal(digestOf(turned), digestOf(record));
    assert.equal(digestOf({ ...record, revision: 9 }), digestOf(record));
    assert.equal(digestOf({ ...record, embargoUntil: undefined }), digestOf(record));
  });

  it('differs when anything that is shown differs', () => {
    const { resource } = record;
    for (const other of [
      { ...record, state: 'withdrawn' as const },
      { ...record, resource: { ...resource, titles: [{ title: 't' }] } },
      { ...record, resource: { ...resource, creators: [...resource.creators, { name: 'B' }] } },
    ])
      assert.notEqual(digestOf(other), digestOf(record));
  });
});

describe('The name of a file list', () => {
  it('depends on every part and on their order', () => {
    const [first, second] = [sha256Of('a'), sha256Of('b')];
    assert.notEqual(fileListName([first, second]), fileListName([second, first]));
    assert.notEqual(fileListName([first]), fileListName([first, first]));
  });
});

describe('A push token', () => {
  const secret = 'a secret of the test';
  const target: PushTarget = { method: 'PUT', path: '/records/x', bodySha256: sha256Of('{}') };
  const now = new Date('2026-01-01T00:00:00Z');
  const token = pushToken(secret, target, now);
  const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);

  it('opens the request it was made for, for five minutes', () => {
    assert.equal(judgePushToken(secret, token, target, later(299)), 'good');
    assert.equal(judgePushToken(secret, token, target, later(301)), 'expired');
  });

  it('opens nothing else', () => {
    for (const other of [
      { ...target, method: 'DELETE' },
      { ...target, path: '/records/y' },
      { ...target, bodySha256: sha256Of('[]') },
    ])
      assert.equal(judgePushToken(secret, token, other, now), 'wrong');
    assert.equal(judgePushToken('another', token, target, now), 'wrong');
    assert.equal(judgePushToken(secret, undefined, target, now), 'missing');
    assert.equal(judgePushToken(secret, '', target, now), 'missing');
  });

  it('cannot be made to live longer, letter by letter', () => {
    const [name, expires, signature] = token.split('.');
    assert.equal(judgePushToken(secret, `${name}.${Number(expires) + 9}.${signature}`, target, now), 'wrong');
    for (let index = 0; index < token.length; index += 1) {
      const changed = token.slice(0, index) + (token[index] === '0' ? '1' : '0') + token.slice(index + 1);
      assert.equal(judgePushToken(secret, changed, target, now), 'wrong', changed);
    }
  });
});

describe('The shape of what is pushed', () => {
  it('takes a record, and names what is wrong with another one', () => {
    assert.deepEqual(problemsOfRecord(record), []);
    assert.match(problemsOfRecord({ ...record, doi: 'x' })[0] ?? '', /doi must match pattern/);
    assert.match(problemsOfRecord({ ...record, pictures: undefined })[0] ?? '', /pictures/);
    assert.equal(problemsOfRecord(null).length > 0, true);
  });

  it('takes a line of a file list, and no other thing', () => {
    const line = { path: 'a', size: 1, time: '2026-01-01T00:00:00.000Z', pid: 'p' };
    assert.deepEqual(problemsOfFileLine(line), []);
    for (const wrong of [{ ...line, size: -1 }, { ...line, sha256: 'x' }, { ...line, time: 'now' }, []])
      assert.equal(problemsOfFileLine(wrong).length > 0, true, JSON.stringify(wrong));
  });
});
