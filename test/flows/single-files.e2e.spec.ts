import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readDatablock } from '#datablock';
import { CommandLine } from '../support/command-line.js';
import { datasetInSourceFolder, type TestDataset } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { Ledger } from '../support/ledger.js';
import type { Job, ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

/** Two datablocks, of three files and of two. */
const files = [
  { path: 'a/large.h5', content: randomBytes(900_000) },
  { path: 'a/ünï côdé 名前.txt', content: Buffer.from('hello') },
  { path: 'log', content: randomBytes(99_990) },
  { path: 'q/second.h5', content: randomBytes(500_000) },
  { path: 'q/tiny', content: Buffer.from('tiny') },
];

describe('Some files of an archived dataset', () => {
  let installation: Installation;
  let client: ScicatClient;
  let ledger: Ledger;
  let dataset: TestDataset;
  const seen = verdict();

  before(async () => {
    installation = await Installation.create({
      sharedAccounts: true,
      environment: { DATABLOCK_TARGET_SIZE: '1000000' },
    });
    await installation.start();
    client = await installation.client('demo');
    ledger = new Ledger(installation, client);
    dataset = await datasetInSourceFolder(installation, client, files);
    const end = await client.jobEnd(String((await client.postJob('archive', [dataset.pid])).body['id']));
    assert.equal(end.statusCode, 'finishedSuccessful', end.statusMessage);
    assert.equal((await client.datablocks(dataset.pid)).length, 2);
  });
  after(() => installation.stop(seen.failed));

  const post = (names: readonly string[], type = 'retrieve') =>
    client.call('POST', '/api/v3/Jobs', {
      type,
      jobParams: {},
      datasetList: [{ pid: dataset.pid, files: names }],
    });
  const retrieved = async (...names: string[]): Promise<Job> => {
    const { status, body } = await post(names);
    assert.equal(status, 201, JSON.stringify(body));
    return client.jobEnd(String(body['id']));
  };
  /** Paths of the files that came back, each as it was. */
  async function filesOf({ id, statusCode, statusMessage, jobResultObject }: Job): Promise<string[]> {
    assert.equal(statusCode, 'finishedSuccessful', statusMessage);
    await ledger.jobEndedOnce(id, 'finishedSuccessful');
    const found: string[] = [];
    for (const { url, size } of jobResultObject.result ?? []) {
      const response = await fetch(url);
      assert.equal(Number(response.headers.get('content-length')), size);
      for await (const { path, content } of readDatablock(
        response.body as unknown as AsyncIterable<Buffer>,
      )) {
        const chunks: Buffer[] = [];
        for await (const chunk of content) chunks.push(chunk);
        assert.ok(Buffer.concat(chunks).equals(files.find((file) => file.path === path)!.content), path);
        found.push(path);
      }
    }
    return found.sort();
  }

  it('come back alone, from the datablocks that hold them', async () => {
    const one = await retrieved('log');
    assert.deepEqual(await filesOf(one), ['log']);
    const [copy] = one.jobResultObject.result ?? [];
    assert.ok(copy!.size < 120_000, `${copy!.size} bytes of a datablock of a million`);
    assert.match(String((copy as unknown as { name: string }).name), /\.part-[0-9a-f]{16}\.tar$/);
    const two = await retrieved('q/tiny', 'log');
    assert.equal(two.jobResultObject.result?.length, 2);
    assert.deepEqual(await filesOf(two), ['log', 'q/tiny']);
    const again = two.jobResultObject.result.find(({ archiveId }) => archiveId === copy!.archiveId);
    assert.equal(new URL(again!.url).pathname, new URL(copy!.url).pathname, 'the same files are one object');
  });

  it('may be folders, and are one where they are named twice', async () => {
    assert.deepEqual(await filesOf(await retrieved('a/', 'a/large.h5', 'a')), [
      'a/large.h5',
      'a/ünï côdé 名前.txt',
    ]);
  });

  it('are refused when the dataset does not have them, and nothing is stored', async () => {
    const { status, body } = await post(['log', 'nope', 'lo']);
    assert.deepEqual([status, body['message']], [400, 'At least one requested file could not be found.']);
    assert.match(String(body['error']), /"nonExistFiles":\["nope","lo"\]/);
    const wrong = await post(['log'], 'verify');
    assert.equal(wrong.status, 201);
    const end = await client.jobEnd(String(wrong.body['id']));
    assert.equal(end.jobResultObject.bad?.[0]?.code, 'assembly.partial-verify');
  });

  it('come back through the command line, which names those that are not there', async () => {
    const shell = await CommandLine.create(installation.url);
    const target = join(installation.directory, 'some files');
    try {
      const password = installation.settings.secrets.accounts.demo;
      await shell.run(['login', '--username', 'demo', '--password-stdin'], {}, `${password}\n`);
      const some = ['--file', 'a/ünï côdé 名前.txt', '--file', 'q'];
      const done = await shell.run(['retrieve', dataset.pid, '--to', target, ...some]);
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, /3 files restored and verified/);
      assert.deepEqual((await readdir(target)).sort(), ['a', 'q']);
      for (const path of ['a/ünï côdé 名前.txt', 'q/tiny', 'q/second.h5'])
        assert.ok(
          (await readFile(join(target, path))).equals(files.find((file) => file.path === path)!.content),
        );
      assert.deepEqual(await readdir(join(target, 'a')), ['ünï côdé 名前.txt']);
      const unknown = await shell.run(['retrieve', dataset.pid, '--to', target, '--file', 'nope']);
      assert.equal(unknown.code, 2);
      assert.match(unknown.stderr, /At least one requested file could not be found\. Not found: "nope"\./);
    } finally {
      await shell.remove();
      await rm(target, { recursive: true, force: true });
    }
  });

  for (const point of ['archiver.mid-retrieve', 'archiver.after-retrieve'])
    it(`come back all the same where the archiver is killed at ${point}`, async () => {
      const victim = installation.apps['archiver'];
      await installation.arm('archiver', point);
      const revived = victim.whenEnded().then(async () => {
        await installation.disarm('archiver');
        victim.start();
        await victim.whenReady();
      });
      const names = point.includes('mid') ? ['a/large.h5'] : ['log', 'a/large.h5'];
      const job = await retrieved(...names);
      await revived;
      assert.deepEqual(await filesOf(job), names.sort());
    });
});
