import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cut } from './archive-format.js';
import { rangeAnswerOf } from './byte-range.js';
import { checksumLine } from './checksum-list.js';
import { readingsOf } from './download-address.js';
import { DownloadLimits } from './download-limits.js';
import { attachment, mediaTypeOf } from './file-headers.js';
import { runsOf } from './member-reader.js';
import { Refusal, refusalBody } from './refusal.js';

const validators = { etag: '"abc"', modified: new Date('2026-01-02T03:04:05.678Z') };

describe('rangeAnswerOf', () => {
  const of = (range: string, size = 100) => rangeAnswerOf({ range }, size, validators);

  it('reads single ranges', () => {
    assert.deepEqual(of('bytes=0-9'), { status: 206, range: { first: 0, end: 10 } });
    assert.deepEqual(of('BYTES=90-'), { status: 206, range: { first: 90, end: 100 } });
    assert.deepEqual(of('bytes=-1'), { status: 206, range: { first: 99, end: 100 } });
    assert.deepEqual(of('bytes=50-1000'), { status: 206, range: { first: 50, end: 100 } });
  });

  it('finds ranges that lie outside, also of nothing', () => {
    for (const range of ['bytes=100-', 'bytes=-0', 'bytes=999999999999999-'])
      assert.deepEqual(of(range), { status: 416 }, range);
    assert.deepEqual(of('bytes=0-', 0), { status: 416 });
    assert.deepEqual(of('bytes=-5', 0), { status: 416 });
  });

  it('ignores what it does not understand, and several ranges', () => {
    for (const range of [
      '',
      'bytes',
      'bytes=',
      'bytes=-',
      'bytes=9-1',
      'bytes=0-1,2-3',
      'x=0-1',
      `bytes=${'9'.repeat(40)}-`,
    ])
      assert.deepEqual(of(range), { status: 200, range: { first: 0, end: 100 } }, range);
  });
});

describe('readingsOf', () => {
  const of = (url: string) => readingsOf(url).map(({ doi, wanted }) => [doi, wanted.kind]);

  it('leaves pages alone', () => {
    for (const url of [
      '/',
      '/doi/10.5072/a',
      '/doi/10.5072/a/request',
      '/oai?verb=/files/',
      '/doi/x/files/y',
      '/doi/',
    ])
      assert.deepEqual(of(url), [], url);
  });

  it('reads an address in every way, the longest DOI first', () => {
    assert.deepEqual(of('/doi/10.5072/A/files/b?x=/files/'), [
      ['10.5072/a/files/b', 'page'],
      ['10.5072/a', 'file'],
    ]);
    assert.deepEqual(of('/doi/10.5072%2Fa/files/x/files/archive.zip'), [
      ['10.5072/a/files/x/files/archive.zip', 'page'],
      ['10.5072/a/files/x/files', 'archive'],
      ['10.5072/a/files/x', 'file'],
      ['10.5072/a', 'file'],
    ]);
    assert.ok(of(`/doi/10.5072/a${'/files/x'.repeat(40)}`).length <= 18);
  });

  it('decodes once, and drops what cannot be decoded', () => {
    assert.deepEqual(readingsOf('/doi/10.5072/a/files/b%252F%20c').at(-1)?.wanted, {
      kind: 'file',
      path: 'b%2F c',
    });
    assert.deepEqual(of('/doi/10.5072/a/files/%zz'), []);
    assert.deepEqual(of('/doi/10.5072/a/files/'), []);
  });
});

describe('headers of files', () => {
  it('name files for old and new clients', () => {
    assert.equal(attachment('a/b/plain.txt'), 'attachment; filename="plain.txt"');
    assert.equal(
      attachment('x"\r\n\\é.txt'),
      `attachment; filename="x_____.txt"; filename*=UTF-8''x%22__%5C%C3%A9.txt`,
    );
    assert.doesNotThrow(() => attachment('\uD800'));
  });

  it('know no type that a browser runs', () => {
    for (const path of ['a.html', 'a.svg', 'a.xml', 'a.js', 'a.xhtml', 'a.__proto__', 'constructor', 'a'])
      assert.equal(mediaTypeOf({ path }), 'application/octet-stream');
    assert.equal(mediaTypeOf({ path: 'a/B.NXS' }), 'application/x-hdf5');
  });
});

describe('checksumLine', () => {
  it('escapes as sha256sum does', () => {
    assert.equal(checksumLine({ path: 'a b', sha256: 'x' }), 'x  a b\n');
    assert.equal(checksumLine({ path: 'a\nb\\', sha256: 'x' }), '\\x  a\\nb\\\\\n');
    assert.equal(checksumLine({ path: 'a' }), '');
  });
});

describe('runsOf', () => {
  const member = (archiveId: string, offset: number, size: number) => ({
    ...{ _id: `${archiveId}\n${offset}`, archiveId, offset, size, sha256: '' },
  });

  it('joins what lies close together in one copy', () => {
    const ends = runsOf([
      member('a', 0, 100),
      member('a', 1024, 0),
      member('a', 512, 100),
      member('b', 1024, 10),
      undefined,
      member('b', 900, 10),
      member('b', 9_000_000, 10),
    ]).map((place) => place?.runEnd);
    assert.deepEqual(ends, [612, 1024, 612, 1034, undefined, 910, 9_000_010]);
  });
});

describe('cut', () => {
  it('takes of a piece what the range wants', () => {
    const piece = Buffer.from('0123456789');
    for (let first = 90; first < 120; first += 1)
      for (let end = first; end < 120; end += 1) {
        const wanted = [...'0123456789']
          .filter((_, index) => 100 + index >= first && 100 + index < end)
          .join('');
        assert.equal(cut(piece, 100, { first, end }).toString(), wanted);
      }
  });
});

describe('DownloadLimits', () => {
  it('counts clients and all, and takes places back once', () => {
    const limits = new DownloadLimits({ perClient: 2, most: 3 });
    const [first] = [limits.enter('a'), limits.enter('a')];
    assert.throws(() => limits.enter('a'), { status: 429 });
    limits.enter('b');
    assert.throws(() => limits.enter('c'), { status: 503 });
    first?.();
    first?.();
    limits.enter('c');
    assert.throws(() => limits.enter('a'), { status: 503 });
  });
});

describe('refusalBody', () => {
  it('speaks as the reader likes', () => {
    const link = { url: 'https://x/?a&b', to: 'page' } as const;
    const refusal = new Refusal(410, 'withdrawn', { value: '<b>', link, facts: { a: 1 } });
    const message = 'This publication was withdrawn. <b>';
    assert.deepEqual(JSON.parse(refusalBody(refusal, 'application/json').text), {
      ...{ status: 410, message, a: 1, link: 'https://x/?a&b' },
    });
    assert.equal(refusalBody(refusal).text, `${message}\nAbout this publication: https://x/?a&b\n`);
  });
});
