import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { ClaimChecks } from '#claim-check';
import { TransientError } from '#kernel';
import { MemoryShare } from '#long-term-storage/testing';
import { createLogger } from '#observability';
import type { ArchiverConfig } from '../archiver.config.js';
import type { CatalogueWord, DatablockFiles, ListedDatablock } from '../catalog/catalogue-word.js';
import { DatablockLists } from '../originals/datablock-lists.js';
import { Adoptions } from '../persistence/adoptions.js';
import { Datablocks } from '../persistence/datablocks.js';
import type { Adoption } from '../persistence/records.js';
import { PartScene } from '../testing/part-scene.js';
import { AdoptDatablock } from './adopt-datablock.js';
import { AdoptionRuns } from './adoption-runs.js';

const root = mkdtempSync(join(tmpdir(), 'catena-earlier-'));
after(() => rmSync(root, { recursive: true }));

const content: Readonly<Record<string, string>> = {
  'scan/001.h5': 'first frame',
  'scan/002.h5': 'second frame, longer',
  'readme.txt': 'hello',
};
const pid = '20.500.12345/earlier';
const archiveId = 'openem-network/datasets/20.500.12345-earlier/datablocks/earlier_0.tar';

/** A tar as an earlier system would have made it. */
function tarOf(files: Readonly<Record<string, string>>, below = '', ...options: string[]): Buffer {
  const folder = mkdtempSync(join(root, 'source-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, below, path)), { recursive: true });
    writeFileSync(join(folder, below, path), text);
  }
  const file = join(root, 'made.tar');
  execFileSync('tar', ['-C', folder, ...options, '-cf', file, '.']);
  return readFileSync(file);
}
const digest = (algorithm: string, text: string): string => createHash(algorithm).update(text).digest('hex');
const listOf = (algorithm?: string, files = content): DatablockFiles => ({
  ...(algorithm === undefined ? {} : { chkAlg: algorithm }),
  sourceFolder: '/data/p12345/earlier',
  dataFileList: Object.entries(files).map(([path, text]) => ({
    ...{ path, size: text.length },
    ...(algorithm === undefined ? {} : { chk: digest(algorithm.toLowerCase().replace('-', ''), text) }),
  })),
});

describe('Datablocks of an earlier system', () => {
  let scene: PartScene;
  let share: MemoryShare;
  let adoptions: Adoptions;
  let listed: ListedDatablock[];
  let lists: Map<string, DatablockFiles>;
  let runs: AdoptionRuns;
  let onRead: () => void | Promise<void>;

  beforeEach(async () => {
    share = new (class extends MemoryShare {
      override readonly name = 'one';
      override async read(...given: Parameters<MemoryShare['read']>) {
        await onRead();
        return super.read(...given);
      }
    })();
    onRead = () => undefined;
    scene = new PartScene([share]);
    for (const bucket of ['retrieval', 'control']) await scene.objects.ensureBucket(bucket);
    adoptions = new Adoptions(scene.store);
    lists = new Map();
    listed = [];
    runs = another();
  });

  function another(): AdoptionRuns {
    const catalogue = {
      async *datablocksAfter(last: string, only?: string) {
        yield* await Promise.resolve(
          listed.filter((one) => one._id > last && (only ?? one.datasetId) === one.datasetId),
        );
      },
      filesIn: (one: ListedDatablock) => Promise.resolve(lists.get(one.archiveId)),
    } as unknown as CatalogueWord;
    const { store, clock, objects } = scene;
    const config = { controlBucket: 'control', lease: 60_000 } as ArchiverConfig;
    const claimChecks = new ClaimChecks(objects, clock, { bucket: 'control', patience: 0 });
    const kept = new DatablockLists(objects, claimChecks, config);
    const one = new AdoptDatablock(new Datablocks(store), catalogue, kept, clock, [share]);
    return new AdoptionRuns(
      ...([store, adoptions, one, catalogue, clock, [share], config] as const),
      createLogger('spec', 'silent'),
    );
  }
  async function earlier(id = archiveId, tar = tarOf(content), files = listOf('md5')): Promise<void> {
    const at = '2024-01-01T00:00:00Z';
    const times = { createdAt: at, updatedAt: at };
    listed.push({ _id: `d${listed.length}`, archiveId: id, datasetId: pid, ...times });
    lists.set(id, files);
    const writer = await share.create(id, 'w');
    await writer.write(tar);
    await writer.commit();
  }
  const begin = (more: Partial<Adoption> = {}): Promise<Adoption> =>
    adoptions.begin(
      { target: 'one', apply: true, by: 'Ada', reason: 'the old archive', ...more },
      scene.clock.now(),
    );
  async function run(more: Partial<Adoption> = {}): Promise<Adoption> {
    const { _id } = await begin(more);
    while (await runs.round());
    return (await adoptions.find(_id))!;
  }
  const recordOf = (id = archiveId) => scene.store.datablocks.findOne({ _id: id });
  const countsOf = ({ counts: { looked, known, adopted, adoptable, refused } }: Adoption) => ({
    ...{ looked, known, adopted, adoptable, refused },
  });
  const none = { looked: 1, known: 0, adopted: 0, adoptable: 0, refused: 0 };

  for (const [how, make] of [
    ['with MD5', () => earlier()],
    ['with SHA-256', () => earlier(archiveId, tarOf(content), listOf('SHA-256'))],
    ['in PAX format', () => earlier(archiveId, tarOf(content, '', '--format=pax'))],
    [
      'whose paths begin with the source folder',
      () => earlier(archiveId, tarOf(content, 'data/p12345/earlier')),
    ],
    ['whose paths begin with its last folder', () => earlier(archiveId, tarOf(content, 'earlier'))],
    [
      'that are listed by their whole paths',
      () =>
        earlier(archiveId, tarOf(content, 'data/p12345/earlier'), {
          ...listOf('md5'),
          dataFileList: listOf('md5').dataFileList!.map((file) => ({
            ...file,
            path: `/data/p12345/earlier/${file.path}`,
          })),
        }),
    ],
    ['with files that nobody lists', () => earlier(archiveId, tarOf({ ...content, extra: 'more' }))],
  ] as const)
    it(`${how} are read, compared and recorded, and come back as any other`, async () => {
      await make();
      assert.deepEqual(countsOf(await run()), { ...none, adopted: 1 });
      const record = (await recordOf())!;
      const { state, size, fileCount, adopted, copies } = record;
      assert.deepEqual([state, size, fileCount], ['verified', 36, 3]);
      assert.deepEqual([adopted?.by, adopted?.checkedBy], ['Ada', 'checksums']);
      assert.deepEqual(
        copies.map((copy) => [copy.share, copy.verifiedAt]),
        [['one', scene.clock.now()]],
      );
      const order = { workOrderId: 'w/0', jobId: 'j', pid, archiveId };
      const told = await scene.retrieve(order);
      assert.equal(told.files, undefined, 'all of it');
      const [name] = await scene.inBucket();
      assert.deepEqual(await scene.filesIn(name!), content);
      assert.deepEqual(countsOf(await run()), { ...none, known: 1 }, 'once more finds nothing to do');
    });

  it('without checksums, or with what is none, are compared by size where the operator says so, and their record says it', async () => {
    const list = listOf();
    await earlier(archiveId, tarOf(content), {
      ...list,
      chkAlg: 'sha256',
      dataFileList: list.dataFileList!.map((file) => ({ ...file, chk: 'abc' })),
    });
    const refused = await run();
    assert.match(refused.problems[0]!.message, /withoutChecksums/);
    assert.deepEqual(countsOf(await run({ withoutChecksums: true })), { ...none, adopted: 1 });
    assert.equal((await recordOf())?.adopted?.checkedBy, 'sizes');
  });

  for (const [what, make, message] of [
    ['whose file is not there', () => earlier().then(() => share.remove(archiveId)), /found none/],
    [
      'of which a file has other content',
      () => earlier(archiveId, tarOf({ ...content, 'readme.txt': 'HELLO' })),
      /checksum/,
    ],
    [
      'of which a file has another size',
      () => earlier(archiveId, tarOf({ ...content, 'readme.txt': 'hello!' })),
      /5 bytes/,
    ],
    [
      'of which a file is missing',
      () => earlier(archiveId, tarOf({ 'scan/001.h5': content['scan/001.h5']! })),
      /2 missing/,
    ],
    ['that were cut', () => earlier(archiveId, tarOf(content).subarray(0, 2000)), /end of the file/],
    ['that are no tar', () => earlier(archiveId, Buffer.from('PK and so on'.repeat(100))), /header/],
    [
      'that the catalogue lists without files',
      () => earlier(archiveId, tarOf(content), { dataFileList: [] }),
      /list of 1 to/,
    ],
  ] as const)
    it(`${what} are refused, named, and not recorded`, async () => {
      await make();
      const over = await run();
      assert.deepEqual(countsOf(over), { ...none, refused: 1 });
      assert.match(over.problems[0]!.message, message);
      assert.deepEqual([over.problems[0]!.archiveId, over.problems[0]!.pid], [archiveId, pid]);
      assert.equal(await recordOf(), null);
    });

  it('under names that lead out, that Catena gives its own, or that another dataset has are refused before they are read', async () => {
    onRead = () => assert.fail('it was read');
    const own = '20.500.12345,other=/54ba8282-e919-4b17-9d5e-000000000000/00000.tar';
    const createdAt = '2024-01-01T00:00:00Z';
    for (const id of ['../etc/passwd', '/absolute.tar', own])
      listed.push({ _id: `d${listed.length}`, archiveId: id, datasetId: pid, createdAt });
    const writer = await share.create(own, 'w');
    await writer.write(tarOf(content));
    await writer.commit();
    listed.push({ _id: 'd9', archiveId: scene._id, datasetId: pid, createdAt });
    await scene.store.datablocks.insertOne({
      _id: scene._id,
      pid: 'other',
      state: 'verified',
      copies: [],
    } as never);
    const over = await run();
    assert.deepEqual(countsOf(over), { ...none, looked: 4, refused: 4 });
    assert.equal(await recordOf(own), null);
  });

  it('registered after a time that the operator names are left', async () => {
    await earlier();
    const over = await run({ createdBefore: new Date('2023-12-31T00:00:00Z') });
    assert.match(over.problems[0]!.message, /before 2023-12-31/);
    assert.equal(await recordOf(), null);
  });

  it('that were registered long ago and changed since are left as well', async () => {
    await earlier();
    listed = listed.map((one) => ({ ...one, updatedAt: '2025-06-01T00:00:00Z' }));
    const over = await run({ createdBefore: new Date('2025-01-01T00:00:00Z') });
    assert.match(over.problems[0]!.message, /changed 2025-06-01/);
    assert.equal(await recordOf(), null);
  });

  it('stay readable when another run reads another tar of their name at the same time', async () => {
    await earlier();
    onRead = async () => {
      onRead = () => undefined;
      // Another archiver, which has read the tar before it was packed anew, is faster.
      const record = {
        _id: archiveId,
        pid,
        jobId: 'x',
        filesSha256: 'f',
        fileCount: 1,
        size: 1,
        packedSize: 1,
      };
      const manifest = await scene.claimChecks.keep(
        `adopted/${archiveId}/other.json`,
        Buffer.from('{}'),
        'x',
      );
      await scene.store.datablocks.insertOne({
        ...{ ...record, sha256: '0'.repeat(64), manifest, copies: [], state: 'verified' },
        adopted: { at: scene.clock.now(), by: 'x', reason: 'x', checkedBy: 'sizes' },
      });
    };
    const over = await run();
    assert.equal(over.counts.refused, 1);
    const { manifest } = (await recordOf())!;
    assert.equal((await scene.claimChecks.read(manifest)).toString(), '{}', 'nobody wrote over it');
    const kept: string[] = [];
    for await (const { key } of scene.objects.list('control', 'adopted/')) kept.push(key);
    assert.deepEqual(kept, [manifest.key], 'and what no record refers to is gone');
  });

  it('get their manifest again when it was lost', async () => {
    await earlier();
    await run();
    const { manifest } = (await recordOf())!;
    await scene.objects.remove('control', [manifest.key]);
    assert.deepEqual(countsOf(await run()), { ...none, adopted: 1 });
    assert.ok((await scene.claimChecks.read(manifest)).length > 0);
    assert.deepEqual(countsOf(await run()), { ...none, known: 1 });
  });

  it('of which archivers die while they read are refused after some tries, and the run goes on', async () => {
    await earlier('a.tar');
    await earlier('b.tar');
    const { _id } = await begin();
    for (let death = 0; death < 3; death += 1) {
      const taken = (await adoptions.take(['one'], scene.clock.now(), scene.clock.now()))!;
      await adoptions.trying(taken, 'd0');
    }
    await runs.round();
    const over = (await adoptions.find(_id))!;
    assert.deepEqual(countsOf(over), { ...none, looked: 2, adopted: 1, refused: 1 });
    assert.match(over.problems[0]!.message, /3 archivers died/);
  });

  it('are only looked for where nothing is to be recorded', async () => {
    await earlier();
    onRead = () => assert.fail('it was read');
    assert.deepEqual(countsOf(await run({ apply: false })), { ...none, adoptable: 1 });
    assert.equal(await recordOf(), null);
  });

  it('are waited for while their target is away, and the run goes on where it was, at whichever archiver', async () => {
    for (const name of ['a.tar', 'b.tar', 'c.tar']) await earlier(name);
    let reads = 0;
    onRead = () => {
      reads += 1;
      if (reads === 2) throw new TransientError('long-term-storage.unavailable', 'The old archive is away.');
    };
    const { _id } = await begin();
    await runs.round();
    const waiting = (await adoptions.find(_id))!;
    assert.deepEqual([waiting.state, waiting.counts.adopted], ['running', 1]);
    assert.match(waiting.waits ?? '', /away/);
    runs = another();
    assert.equal(await runs.round(), false, 'not yet');
    scene.clock.advance(60_000);
    await runs.round();
    const over = (await adoptions.find(_id))!;
    assert.deepEqual(
      [over.state, over.waits, countsOf(over)],
      ['done', undefined, { ...none, looked: 3, adopted: 3 }],
    );
    assert.equal(reads, 4, 'what was adopted is not read again');
  });

  it('are recorded once when the archiver dies between the record and its note', async () => {
    await earlier();
    const { _id } = await begin();
    const step = adoptions.step.bind(adoptions);
    adoptions.step = () => Promise.reject(new Error('it died'));
    await runs.round();
    assert.equal((await recordOf())?.state, 'verified');
    adoptions.step = step;
    scene.clock.advance(60_000);
    await runs.round();
    assert.deepEqual(countsOf((await adoptions.find(_id))!), { ...none, known: 1 });
  });

  it('stay as they are when another writer records the name while they are read', async () => {
    await earlier();
    onRead = () =>
      scene.store.datablocks
        .insertOne({ _id: archiveId, pid: 'other', state: 'verified', copies: [] } as never)
        .then(() => undefined);
    const over = await run();
    assert.deepEqual(countsOf(over), { ...none, refused: 1 });
    assert.equal((await recordOf())?.pid, 'other');
  });

  it('are left from the moment that an operator stops the run', async () => {
    for (const name of ['a.tar', 'b.tar']) await earlier(name);
    const { _id } = await begin();
    onRead = () => adoptions.stop(_id, { by: 'Grace', entry: 'e' }, scene.clock.now()).then(() => undefined);
    await runs.round();
    const over = (await adoptions.find(_id))!;
    assert.deepEqual([over.state, over.stoppedBy, over.counts.looked], ['stopped', 'Grace', 0]);
    assert.equal(await recordOf('b.tar'), null);
  });

  it('have a second copy where another target holds the same bytes, and none where it holds others', async () => {
    await earlier();
    await run();
    const record = (await recordOf())!;
    await scene.store.datablocks.updateOne(
      { _id: archiveId },
      { $set: { copies: [{ ...record.copies[0]!, share: 'two' }] } },
    );
    assert.deepEqual(countsOf(await run()), { ...none, adopted: 1 });
    assert.deepEqual(
      (await recordOf())?.copies.map((copy) => copy.share),
      ['two', 'one'],
    );
    await scene.store.datablocks.updateOne(
      { _id: archiveId },
      { $set: { copies: [{ ...record.copies[0]!, share: 'two' }], sha256: '0'.repeat(64) } },
    );
    const other = await run();
    assert.match(other.problems[0]!.message, /same bytes/);
  });

  it('are forgotten as runs, not as datablocks, when they have been over for long', async () => {
    await earlier();
    const { _id } = await run();
    scene.clock.advance(91 * 86_400_000);
    await runs.round();
    assert.equal(await adoptions.find(_id), undefined);
    assert.equal((await recordOf())?.state, 'verified');
  });
});
