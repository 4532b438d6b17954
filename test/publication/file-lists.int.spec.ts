import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import {
  FeedClient,
  feedRefusalOf,
  fileListName,
  sha256Of,
  type FileLine,
  type PublicRecord,
} from '#publication-feed';
import { FileLists } from '../../apps/publication-server/src/ingest/file-lists.js';
import { fileLine, recordOf } from './support/public-records.js';
import { PublicSite, pushSecret } from './support/public-site.js';

/** Lists are sent before their record, shared by records, and removed when nobody needs them: never too early. */
describe('The public store keeps a file list', () => {
  let site: PublicSite;
  let feed: FeedClient;
  let lists: FileLists;
  let number = 0;

  before(async () => {
    site = await PublicSite.start();
    feed = new FeedClient({ url: site.privateUrl, secret: pushSecret });
    lists = new FileLists(site.store, clock);
  });
  after(() => site.stop());

  const doi = (): string => `10.5072/Lists.${(number += 1)}`;
  const refusal = async (call: Promise<unknown>) =>
    feedRefusalOf(await call.catch((thrown: unknown) => thrown)) ?? assert.fail('expected a refusal');
  const listOf = (parts: readonly FileLine[][]): { name: string; texts: string[] } => {
    const texts = parts.map((lines) => lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return { name: fileListName(texts.map(sha256Of)), texts };
  };
  const day = 86_400_000;
  const clock = new ManualClock();
  const sent = async (): Promise<PublicRecord> => {
    const lines = Array.from({ length: 3 }, (_, index) => fileLine(`${doi()}/f${index}`));
    const { name, texts } = listOf([lines.slice(0, 2), lines.slice(2)]);
    for (const [part, text] of texts.entries()) await feed.putPart(name, part, text);
    return recordOf(doi(), { files: { sha256: name, count: 3, bytes: 3000, parts: 2 } });
  };
  const linesOf = ({ files }: PublicRecord): Promise<number> =>
    site.store.files.countDocuments({ list: files!.sha256 });
  const sweepAfter = (milliseconds: number): Promise<void> => {
    clock.advance(Date.now() + milliseconds - clock.now().getTime());
    return lists.sweep();
  };

  it('while a record refers to it, and a day longer', async () => {
    const [record, other] = [await sent(), recordOf(doi())];
    await feed.putRecord(record);
    await feed.putRecord({ ...other, files: record.files! });
    const { files: _, ...without } = record;
    await feed.putRecord({ ...without, revision: 2 });
    await sweepAfter(2 * day);
    assert.equal(await linesOf(record), 3, 'another record refers to it');
    await feed.putRecord({ ...other, revision: 2 });
    await sweepAfter(day / 2);
    assert.equal(await linesOf(record), 3, 'not yet');
    await sweepAfter(2 * day);
    assert.equal(await linesOf(record), 0);
    assert.deepEqual(await feed.parts(record.files!.sha256), []);
  });

  it('a day for a record that has not come', async () => {
    const record = await sent();
    await sweepAfter(day / 2);
    assert.equal(await linesOf(record), 3);
    await sweepAfter(2 * day);
    assert.equal(await linesOf(record), 0);
    assert.equal((await refusal(feed.putRecord(record))).code, 'file-list-incomplete');
  });

  it('for a record whose mark a crash prevented', async () => {
    const record = await sent();
    await feed.putRecord(record);
    await site.store.parts.updateMany({ list: record.files!.sha256 }, { $set: { used: false } });
    await sweepAfter(2 * day);
    assert.equal(await linesOf(record), 3);
    assert.equal(await site.store.parts.countDocuments({ list: record.files!.sha256, used: true }), 2);
  });

  it('out of reach while it is being removed, until that is over', async () => {
    const record = await sent();
    const { sha256 } = record.files!;
    await site.store.parts.updateOne({ list: sha256, part: 0 }, { $set: { doomed: true } });
    assert.deepEqual((await refusal(feed.putRecord(record))).missing, [0]);
    assert.deepEqual(
      (await feed.parts(sha256)).map(({ part }) => part),
      [1],
    );
    const again = listOf([[fileLine('x')]]).texts[0]!;
    await assert.rejects(feed.putPart(sha256, 0, again), { retriable: true });
  });
});
