import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SystemClock } from '#kernel';
import {
  digestOf,
  FeedClient,
  feedRefusalOf,
  fileListName,
  pushToken,
  sha256Of,
  type FileLine,
} from '#publication-feed';
import { isSettled, nextDatestamp } from '../../apps/publication-server/src/ingest/datestamps.js';
import { FileLists } from '../../apps/publication-server/src/ingest/file-lists.js';
import type { Pictures } from '../../apps/publication-server/src/ingest/pictures.js';
import { Embargoes } from '../../apps/publication-server/src/persistence/embargoes.js';
import { RecordIngest } from '../../apps/publication-server/src/ingest/record-ingest.service.js';
import { fileLine, recordOf, withdrawnOf } from './support/public-records.js';
import { PublicSite, pushSecret } from './support/public-site.js';

/** publication.md §1.5 and §6, 11–15: the private port. */
describe('The private port', () => {
  let site: PublicSite;
  let feed: FeedClient;
  let number = 0;

  before(async () => {
    site = await PublicSite.start({ DOWNLOAD_ORIGINS: 'http://127.0.0.1:9' });
    feed = new FeedClient({ url: site.privateUrl, secret: pushSecret });
  });
  after(() => site.stop());

  const doi = (): string => `10.5072/Ingest.${(number += 1)}`;
  const stored = async (name: string) =>
    (await site.store.records.findOne({ _id: name.toLowerCase() })) ?? assert.fail(`${name} is not there`);
  const refusal = async (call: Promise<unknown>) => {
    const error = await call.then(
      () => assert.fail('expected a refusal'),
      (thrown: unknown) => thrown,
    );
    return feedRefusalOf(error) ?? assert.fail(String(error));
  };
  const listOf = (parts: readonly FileLine[][]): { name: string; texts: string[] } => {
    const texts = parts.map((lines) => lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return { name: fileListName(texts.map(sha256Of)), texts };
  };

  it('says how it is over the private port, to the publisher alone', async () => {
    const { version, database, downloads, recallsWaiting } = await feed.status();
    assert.match(version, /^\d+\.\d+\.\d+$/);
    assert.deepEqual([database, downloads, recallsWaiting], ['up', 0, 0]);
    const stranger = new FeedClient({
      url: site.privateUrl,
      secret: 'another secret, long enough for a key',
    });
    await assert.rejects(stranger.status(), { code: 'publication.feed-refused' });
  });

  it('takes a record once: the same again changes nothing, its datestamp neither', async () => {
    const record = recordOf(doi());
    assert.equal((await feed.putRecord(record)).result, 'created');
    const { datestamp, settled } = await stored(record.doi);
    assert.equal(settled, true);
    assert.equal(datestamp.getUTCMilliseconds(), 0);
    const again = await feed.putRecord(record);
    assert.deepEqual([again.result, again.digest, again.revision], ['unchanged', digestOf(record), 1]);
    assert.deepEqual((await stored(record.doi)).datestamp, datestamp);
    assert.equal(await site.store.records.countDocuments({ doi: record.doi }), 0);
  });

  it('refuses an older revision, and the same one with other content, and keeps what it has', async () => {
    const record = recordOf(doi(), { revision: 5 });
    await feed.putRecord(record);
    const older = await refusal(feed.putRecord({ ...record, revision: 4 }));
    assert.deepEqual([older.status, older.code, older.revision], [409, 'older', 5]);
    const other = { ...record, publishedAt: '2020-01-01T00:00:00Z' };
    const different = await refusal(feed.putRecord(other));
    assert.deepEqual([different.status, different.code], [409, 'different']);
    assert.equal((await feed.row(record.doi)).digest, digestOf(record));
    assert.equal((await feed.putRecord({ ...other, revision: 6 })).result, 'updated');
  });

  it('moves the datestamp with the content only, and never back', async () => {
    const record = recordOf(doi());
    await feed.putRecord(record);
    const { datestamp } = await stored(record.doi);
    await feed.putRecord({ ...record, revision: 2 });
    assert.deepEqual((await stored(record.doi)).datestamp, datestamp, 'the same content says nothing new');
    await feed.putRecord({ ...record, revision: 3, publishedAt: '2021-01-01T00:00:00Z' });
    assert.ok((await stored(record.doi)).datestamp >= datestamp);
  });

  it('takes ten writers of one record at once as if they had come one after the other', async () => {
    const name = doi();
    const records = Array.from({ length: 10 }, (_, index) =>
      recordOf(name, {
        revision: index + 1,
        publishedAt: `2026-01-${String(index + 1).padStart(2, '0')}T00:00:00Z`,
      }),
    );
    const results = await Promise.allSettled(records.map((record) => feed.putRecord(record)));
    for (const result of results)
      if (result.status === 'rejected') assert.equal(feedRefusalOf(result.reason)?.code, 'older');
    const last = records.at(-1)!;
    assert.deepEqual([(await feed.row(name)).revision, (await feed.row(name)).digest], [10, digestOf(last)]);
  });

  it('withdraws: a tombstone that says the same whether it came as DELETE or as PUT', async () => {
    const record = recordOf(doi());
    await feed.putRecord(record);
    const tombstone = withdrawnOf(record);
    const answer = await feed.withdraw(record.doi, { revision: 2, tombstone: tombstone.tombstone! });
    assert.deepEqual(
      [answer.result, answer.state, answer.digest],
      ['updated', 'withdrawn', digestOf(tombstone)],
    );
    assert.equal(
      (await feed.withdraw(record.doi, { revision: 2, tombstone: tombstone.tombstone! })).result,
      'unchanged',
    );
    const late = await refusal(feed.putRecord(record));
    assert.equal(late.code, 'older', 'a late push does not bring it back');
    assert.equal(
      (await refusal(feed.withdraw(doi(), { revision: 1, tombstone: tombstone.tombstone! }))).status,
      404,
    );
    assert.equal((await feed.putRecord({ ...record, revision: 3 })).state, 'published', 'a newer one does');
  });

  it('takes a record only with its whole file list, which may come in any order and again', async () => {
    const lines = Array.from({ length: 30 }, (_, index) => fileLine(`run/f${index}`));
    const { name, texts } = listOf([lines.slice(0, 10), lines.slice(10, 20), lines.slice(20)]);
    const files = { sha256: name, count: 30, bytes: 30_000, parts: 3 };
    const record = recordOf(doi(), { files });
    await feed.putPart(name, 2, texts[2]!);
    const missing = await refusal(feed.putRecord(record));
    assert.deepEqual([missing.status, missing.code, missing.missing], [409, 'file-list-incomplete', [0, 1]]);
    assert.equal(await site.store.records.findOne({ _id: record.doi.toLowerCase() }), null, 'nothing half');
    await feed.putPart(name, 0, texts[0]!);
    await feed.putPart(name, 0, texts[0]!);
    await feed.putPart(name, 1, texts[1]!);
    assert.deepEqual(
      (await feed.parts(name)).map(({ part }) => part),
      [0, 1, 2],
    );
    await feed.putRecord(record);
    assert.equal(await site.store.files.countDocuments({ list: name }), 30);
    // A part that is not what the name says makes no list.
    const other = listOf([lines.slice(0, 5)]);
    await feed.putPart(other.name, 0, texts[0]!);
    const wrong = recordOf(doi(), { files: { sha256: other.name, count: 10, bytes: 10_000, parts: 1 } });
    assert.equal((await refusal(feed.putRecord(wrong))).code, 'file-list-incomplete');
  });

  it('replaces a part that says something else, and leaves no line of it', async () => {
    const lines = Array.from({ length: 10 }, (_, index) => fileLine(`run/f${index}`));
    const { name, texts } = listOf([lines.slice(0, 4)]);
    await feed.putPart(name, 0, listOf([lines]).texts[0]!);
    await feed.putPart(name, 0, texts[0]!);
    assert.equal(await site.store.files.countDocuments({ list: name }), 4);
    const files = { sha256: name, count: 4, bytes: 4000, parts: 1 };
    assert.equal((await feed.putRecord(recordOf(doi(), { files }))).result, 'created');
  });

  it('refuses times that are none, and addresses that are none', async () => {
    const record = recordOf(doi(), { publishedAt: '2026-13-45T00:00:00Z' });
    assert.equal((await refusal(feed.putRecord(record))).status, 400);
    const head = { archiveId: 'odd', members: 0, size: 1, sha256: 'a'.repeat(64) };
    const copy = { ...head, url: 'http://[', expiresAt: '2999-01-01T00:00:00Z' };
    assert.equal((await refusal(feed.putCopy(copy))).status, 400);
  });

  it('proves a datestamp that a crash left open, even when the same content comes again', async () => {
    const record = recordOf(doi());
    await feed.putRecord(record);
    const past = new Date('2026-01-01T00:00:00Z');
    const _id = record.doi.toLowerCase();
    await site.store.records.updateOne({ _id }, { $set: { datestamp: past, settled: false } });
    await feed.putRecord({ ...record, revision: 2 });
    const { datestamp, settled } = await stored(record.doi);
    assert.equal(settled, true);
    assert.ok(datestamp > past, 'who harvested since sees it');
  });

  it('forgets files and pictures of an earlier revision even when a crash came in between', async () => {
    const lists = [0, 1, 2].map((n) => listOf([[fileLine(`crash/${n}`)]]));
    for (const { name, texts } of lists) await feed.putPart(name, 0, texts[0]!);
    const [first, second, third] = lists.map(({ name }, index) => {
      const picture = { name: `p${index}`, mediaType: 'image/png' as const, caption: '', base64: 'AAAA' };
      const files = { sha256: name, count: 1, bytes: 1000, parts: 1 };
      return { files, pictures: [picture], revision: index + 1 };
    });
    const record = recordOf(doi(), first);
    await feed.putRecord(record);
    // Two revisions whose writers die after the write.
    const dying = { put: () => undefined, removeOthers: () => Promise.reject(new Error('killed')) };
    const clock = new SystemClock();
    const ingest = new RecordIngest(
      site.store,
      new FileLists(site.store, clock),
      dying as unknown as Pictures,
      site.get(Embargoes),
      clock,
    );
    const last = { ...record, ...third };
    for (const next of [{ ...record, ...second }, last]) await assert.rejects(ingest.put(next), /killed/);
    const page = await (await site.fetch(`/doi/${record.doi}`)).text();
    assert.equal(page.includes(lists[0]!.name), false, 'readers do not see what is left to do');
    const answer = await feed.putRecord(last);
    assert.deepEqual([answer.result, answer.digest], ['unchanged', digestOf(last)]);
    const used = await site.store.parts.find({ list: { $in: lists.map(({ name }) => name) } }).toArray();
    assert.deepEqual(
      lists.map(({ name }) => used.find(({ list }) => list === name)?.used),
      [false, false, true],
    );
    assert.equal(await site.store.pictures.countDocuments({ _id: `${record.doi.toLowerCase()}\np0` }), 0);
    assert.equal('superseded' in (await stored(record.doi)), false);
  });

  it('tells new requests before those under way, however many these are', async () => {
    const requestedAt = new Date('2026-01-01T00:00:00Z');
    const recall = (state: 'requested' | 'recalling', number: number) => ({
      ...{ _id: `order-${state}-${number}`, doi: '10.5072/x', language: 'en', bytesDone: 0, bytesTotal: 0 },
      ...{ state, requestedAt, updatedAt: requestedAt, client: 'c' },
    });
    const many = Array.from({ length: 200 }, (_, index) => recall('recalling', index));
    await site.store.recalls.insertMany([...many, recall('requested', 1)]);
    try {
      const open = await feed.recalls();
      assert.equal(open.length, 200);
      assert.equal(open[0]?.id, 'order-requested-1');
    } finally {
      await site.store.recalls.deleteMany({ _id: { $regex: '^order-' } });
    }
  });

  it('refuses paths that lead out of the publication, and paths that come twice', async () => {
    for (const path of ['../secret', '/etc/passwd', 'a/../../b', 'a//b', 'a/./b', 'a\0b', '']) {
      const { name, texts } = listOf([[fileLine(path)]]);
      assert.equal((await refusal(feed.putPart(name, 0, texts[0]!))).status, 400, JSON.stringify(path));
    }
    const { name, texts } = listOf([[fileLine('a'), fileLine('a')]]);
    assert.equal((await refusal(feed.putPart(name, 0, texts[0]!))).status, 400);
  });

  it('lets nobody in without a token for exactly this request', async () => {
    const record = recordOf(doi());
    const path = `/records/${encodeURIComponent(record.doi)}`;
    const body = JSON.stringify(record);
    const target = { method: 'PUT', path, bodySha256: sha256Of(body) };
    const send = async (authorization: string | undefined, sent = body): Promise<number> => {
      const headers = {
        'content-type': 'application/octet-stream',
        ...(authorization === undefined ? {} : { authorization }),
      };
      return (await fetch(`${site.privateUrl}${path}`, { method: 'PUT', headers, body: sent })).status;
    };
    const now = new Date();
    const good = pushToken(pushSecret, target, now);
    assert.equal(await send(undefined), 401);
    assert.equal(await send('Bearer nonsense'), 403);
    assert.equal(await send(`Basic ${good}`), 401);
    assert.equal(await send(`Bearer ${pushToken('another secret of at least 32 chars', target, now)}`), 403);
    assert.equal(
      await send(`Bearer ${pushToken(pushSecret, target, new Date(now.getTime() - 3_600_000))}`),
      401,
    );
    assert.equal(await send(`Bearer ${pushToken(pushSecret, { ...target, method: 'DELETE' }, now)}`), 403);
    assert.equal(await send(`Bearer ${pushToken(pushSecret, { ...target, path: '/digest' }, now)}`), 403);
    assert.equal(
      await send(`Bearer ${good}`, JSON.stringify({ ...record, revision: 9 })),
      403,
      'another body',
    );
    assert.equal(await site.store.records.findOne({ _id: record.doi.toLowerCase() }), null);
    assert.equal(await send(`Bearer ${good}`), 200);
  });

  it('is not on the public port', async () => {
    for (const path of [
      '/digest',
      '/records/10.5072%2Fx',
      `/file-lists/${'a'.repeat(64)}`,
      '/recalls',
      '/copies/x',
    ]) {
      assert.equal((await site.fetch(path, { headers: { accept: 'application/json' } })).status, 404, path);
      const put = await site.fetch(path, { method: 'PUT', body: '{}' });
      assert.ok([404, 405].includes(put.status), `${path} ${put.status}`);
    }
  });

  it('refuses records of the wrong shape, of another DOI and beyond the limits, each with a reason', async () => {
    const record = recordOf(doi());
    const wrong: readonly (readonly [unknown, number])[] = [
      [{ ...record, state: 'gone' }, 400],
      [{ ...record, revision: 0 }, 400],
      [{ ...record, landingPage: 'javascript:alert(1)' }, 400],
      [{ ...record, resource: { ...record.resource, creators: [] } }, 400],
      [{ ...record, tombstone: { withdrawnAt: '2026-01-01T00:00:00Z', reason: 'x' } }, 400],
      [{ ...record, state: 'withdrawn' }, 400],
      [{ ...record, pictures: [{ name: '../x', mediaType: 'image/png', caption: '', base64: '' }] }, 400],
      [{ ...record, pictures: [{ name: 'x', mediaType: 'image/svg+xml', caption: '', base64: '' }] }, 400],
      [{ ...record, padding: 'x'.repeat(7 * 1024 * 1024) }, 413],
      [[1, 2], 400],
    ];
    const path = `/records/${encodeURIComponent(record.doi)}`;
    for (const [value, status] of wrong) {
      const body = JSON.stringify(value);
      const token = pushToken(pushSecret, { method: 'PUT', path, bodySha256: sha256Of(body) }, new Date());
      const answer = await fetch(`${site.privateUrl}${path}`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' },
        body,
      });
      assert.equal(answer.status, status, body.slice(0, 100));
      assert.ok(((await answer.json()) as { message: string }).message.length > 10);
    }
    const other = await refusal(feed.putRecord({ ...record, doi: 'x' }));
    assert.ok([400, 404].includes(other.status));
    assert.equal(await site.store.records.findOne({ _id: record.doi.toLowerCase() }), null);
  });

  it('lists what it has in pages that join without gap', async () => {
    const rows: string[] = [];
    for (let after = ''; ;) {
      const page = await feed.digest(after, 2);
      rows.push(...page.map((row) => row.doi));
      if (page.length === 0) break;
      after = page.at(-1)!.doi;
    }
    const all = await site.store.records.find({}).sort({ _id: 1 }).toArray();
    assert.deepEqual(
      rows,
      all.map(({ _id }) => _id),
    );
  });

  it('takes copies at allowed addresses only, with the places of all their members', async () => {
    const head = {
      archiveId: 'a/1/0.tar',
      members: 1,
      size: 10_240,
      sha256: 'b'.repeat(64),
      expiresAt: '2999-01-01T00:00:00Z',
    };
    const evil = await refusal(feed.putCopy({ ...head, url: 'http://169.254.169.254/latest' }));
    assert.equal(evil.status, 400);
    const early = await refusal(feed.putCopy({ ...head, url: 'http://127.0.0.1:9/x' }));
    assert.deepEqual([early.status, early.code], [409, 'members-incomplete']);
    await feed.putMembers(head.archiveId, 0, [
      { member: 'f', offset: 1024, size: 3, sha256: 'c'.repeat(64) },
    ]);
    await feed.putCopy({ ...head, url: 'http://127.0.0.1:9/x' });
    assert.equal((await site.store.copies.findOne({ _id: head.archiveId }))?.members, 1);
  });

  it('gives requests of readers to the publisher, and takes its news until they are over', async () => {
    const now = new Date();
    const base = {
      doi: '10.5072/x',
      language: 'en',
      bytesDone: 0,
      bytesTotal: 0,
      requestedAt: now,
      updatedAt: now,
      client: 'c',
    };
    await site.store.recalls.insertOne({ _id: 'r1', ...base, state: 'requested', email: 'r@example.org' });
    assert.deepEqual(
      (await feed.recalls()).map(({ id, email }) => [id, email]),
      [['r1', 'r@example.org']],
    );
    await feed.reportRecall('r1', { state: 'recalling', bytesDone: 5, bytesTotal: 10 });
    assert.equal((await feed.recalls())[0]?.bytesDone, 5);
    await feed.reportRecall('r1', { state: 'ready', bytesDone: 10, bytesTotal: 10 });
    await feed.reportRecall('r1', { state: 'recalling', bytesDone: 0, bytesTotal: 10 });
    const over = await site.store.recalls.findOne({ _id: 'r1' });
    assert.deepEqual([over?.state, over?.email], ['ready', undefined]);
    assert.equal(
      (await refusal(feed.reportRecall('nobody', { state: 'ready', bytesDone: 0, bytesTotal: 0 }))).status,
      404,
    );
  });
});

describe('A datestamp', () => {
  const at = (text: string): Date => new Date(`2026-01-01T00:00:${text}Z`);

  it('lies at the end of the next second, whole, and not before the last one', () => {
    assert.deepEqual(nextDatestamp(at('00.000')), at('01.000'));
    assert.deepEqual(nextDatestamp(at('00.999')), at('01.000'));
    assert.deepEqual(nextDatestamp(at('00.500'), at('07.000')), at('07.000'));
  });

  it('is settled only while it is not over', () => {
    assert.equal(isSettled(at('01.000'), at('00.999')), true);
    assert.equal(isSettled(at('01.000'), at('01.001')), false);
  });
});
