import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { JobFact } from '#console-api';
import { until } from '#messaging/testing';
import { datasetInSourceFolder, type TestDataset } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { Operations } from '../support/operations.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

const hook = fileURLToPath(new URL('../support/shifted-clock.js', import.meta.url));
const minute = 60_000;

interface Copy {
  readonly share: string;
  readonly state: string;
  readonly finding?: string;
}

interface Work {
  readonly id: string;
  readonly state: string;
  readonly standing?: string;
  readonly fault?: { readonly code: string };
}

interface Retrieved {
  readonly id: string;
  readonly expiresAt?: string;
  readonly jobs: readonly string[];
}

describe('Copies in the hands of operators', () => {
  const seen = verdict();
  const folder = mkdtempSync(join(tmpdir(), 'catena-copies-'));
  const clockFile = join(folder, 'clocks.json');
  let installation: Installation;
  let operations: Operations;
  let client: ScicatClient;
  let set: TestDataset;
  let archiveId: string;

  before(async () => {
    await archiverIsAhead(0);
    installation = await Installation.create({
      shares: 2,
      environment: {
        ...{ LTS_COPIES: '2', RETRIEVED_LIFETIME: '5m', REFERENCE_PATIENCE: '1s' },
        ...{ NODE_OPTIONS: `--import=${hook}`, CATENA_TEST_CLOCK_FILE: clockFile },
      },
    });
    await installation.start();
    operations = new Operations(installation);
    client = await installation.client('demo');
    set = await archived();
    archiveId = await archiveIdOf(set);
  });
  after(async () => {
    await installation.stop(seen.failed);
    rmSync(folder, { recursive: true });
  });

  async function archiverIsAhead(archiver: number): Promise<void> {
    await writeFile(`${clockFile}.new`, JSON.stringify({ archiver }));
    await rename(`${clockFile}.new`, clockFile);
  }
  async function archived(): Promise<TestDataset> {
    const made = await datasetInSourceFolder(installation, client, [
      { path: 'a', content: randomBytes(200_000) },
    ]);
    await ended('archive', made);
    return made;
  }
  async function posted(type: string, { pid }: TestDataset): Promise<string> {
    const { status, body } = await client.postJob(type, [pid]);
    assert.equal(status, 201, JSON.stringify(body));
    return String(body['id']);
  }
  async function ended(type: string, dataset: TestDataset) {
    const job = await client.jobEnd(await posted(type, dataset));
    assert.equal(job.statusCode, 'finishedSuccessful', job.statusMessage);
    return job;
  }
  async function archiveIdOf({ pid }: TestDataset): Promise<string> {
    const [datablock] = await client.datablocks(pid);
    return (datablock as unknown as { archiveId: string }).archiveId;
  }
  const share = (index: number): string => installation.shares[index]!;
  const fileOn = (index: number): string => join(share(index), archiveId);
  const get = <Body>(path: string): Promise<Body> => operations.good<Body>('archiver', path);
  const post = <Body = Record<string, unknown>>(path: string, body: object, as = 'olga') =>
    operations.call<Body>('archiver', path, { method: 'POST', body, as });
  const copies = async (query = ''): Promise<readonly Copy[]> =>
    operations.all<Copy>('archiver', `copies?pid=${encodeURIComponent(set.pid)}${query}`);
  const statesOn = async (): Promise<readonly string[]> => {
    const found = await copies();
    return [0, 1].map((index) => found.find((copy) => copy.share === share(index))?.state ?? 'none');
  };
  async function workEnded({ id }: Pick<Work, 'id'>): Promise<Work> {
    let work: Work | undefined;
    await until(async () => {
      work = await get<Work>(`works/${encodeURIComponent(id)}`);
      return work.state !== 'open';
    });
    return work!;
  }
  const call = (what: string) => `copies/${encodeURIComponent(archiveId)}/${what}`;
  async function verified(): Promise<Work> {
    const { status, body } = await post<Work>(call('verify'), {});
    assert.equal(status, 202, JSON.stringify(body));
    return workEnded(body);
  }
  const repair = (index: number, as = 'olga') =>
    post<Work & { code?: string; message?: string }>(
      call(`${encodeURIComponent(share(index))}/repair`),
      { reason: 'the disk is bad' },
      as,
    );
  /** What the link of a retrieval gives. */
  async function sha256Of(url: string): Promise<string> {
    const response = await fetch(url);
    assert.equal(response.status, 200);
    return createHash('sha256')
      .update(Buffer.from(await response.arrayBuffer()))
      .digest('hex');
  }
  const sha256OfFile = async (file: string): Promise<string> =>
    createHash('sha256')
      .update(await readFile(file))
      .digest('hex');

  it('that are damaged on disk are named by a verification, and no retrieval gives their bytes', async () => {
    assert.equal((await verified()).state, 'done');
    assert.deepEqual(await statesOn(), ['verified', 'verified']);
    const good = await sha256OfFile(fileOn(1));
    await writeFile(fileOn(0), randomBytes(200_000));
    const failed = await verified();
    assert.deepEqual([failed.state, failed.fault?.code], ['failed', 'archiver.copy-damaged']);
    assert.deepEqual(await statesOn(), ['damaged', 'verified']);
    const [bad] = await copies('&state=damaged');
    assert.match(bad?.finding ?? '', /expected SHA-256/);
    const job = await ended('retrieve', set);
    const [entry] = job.jobResultObject.result as readonly { url: string }[];
    assert.equal(await sha256Of(entry!.url), good);
  });

  it('are mended from one that proves good, once, and are good again', async () => {
    const { status, body } = await repair(0);
    assert.equal(status, 202, JSON.stringify(body));
    assert.equal((await workEnded(body)).state, 'done');
    assert.deepEqual(await statesOn(), ['verified', 'verified']);
    assert.equal(await sha256OfFile(fileOn(0)), await sha256OfFile(fileOn(1)));
    assert.equal((await verified()).state, 'done');
    const { items } = await get<{ items: readonly { action: string; by: string; outcome: string }[] }>(
      `audit?subject=${encodeURIComponent(`copy/${archiveId}`)}`,
    );
    assert.deepEqual(
      items.map(({ action, by, outcome }) => `${action} ${by} ${outcome}`),
      ['copy.verify olga done', 'copy.repair olga done', 'copy.verify olga done', 'copy.verify olga done'],
    );
  });

  it('are refused to be mended where no other copy is good', async () => {
    const content = await readFile(fileOn(0));
    for (const index of [0, 1]) await writeFile(fileOn(index), randomBytes(1000));
    assert.equal((await verified()).state, 'failed');
    const { status, body } = await repair(0);
    assert.deepEqual([status, body.code], [409, 'archiver.no-good-copy']);
    for (const index of [0, 1]) await writeFile(fileOn(index), content);
    assert.equal((await verified()).state, 'done');
  });

  it('on a share that one operator pauses wait with the words, and go on at once when another says so', async () => {
    const path = `shares/${encodeURIComponent(share(0))}/mode`;
    const wish = { mode: 'pause', reason: 'drive 3 is out' };
    assert.equal((await post(path, wish)).status, 200);
    const second = await post<{ message: string }>(path, wish, 'anna');
    assert.equal(second.status, 409);
    assert.match(second.body.message, /mode pause by olga/);
    const jobId = await posted('verify', set);
    let fact: JobFact | undefined;
    await until(async () => {
      const { jobs } = await get<{ jobs: Record<string, { facts: readonly JobFact[] }> }>(
        `why?jobId=${encodeURIComponent(jobId)}`,
      );
      fact = jobs[jobId]?.facts.find(({ code }) => code === 'paused');
      return fact !== undefined;
    });
    assert.deepEqual(fact?.facts, {
      ...{ scope: `share:${share(0)}`, mode: 'pause', by: 'olga', reason: 'drive 3 is out' },
    });
    assert.equal((await post(path, { mode: 'run', reason: 'drive 3 is back' }, 'anna')).status, 200);
    const [work] = await operations.all<Work>('archiver', `works?jobId=${encodeURIComponent(jobId)}`);
    assert.equal(work?.standing, 'waits');
    assert.equal((await post(`works/${encodeURIComponent(work.id)}/try-now`, {})).status, 200);
    assert.equal((await client.jobEnd(jobId)).statusCode, 'finishedSuccessful');
  });

  it('are worked on by a worker that gives signs of life, and takes nothing new while it is paused', async () => {
    const { items } = await get<{ items: readonly { instance: string; alive: boolean; mode: string }[] }>(
      'workers',
    );
    assert.deepEqual(
      items.map(({ alive, mode }) => [alive, mode]),
      [[true, 'run']],
    );
    const path = `workers/${encodeURIComponent(items[0]!.instance)}/mode`;
    assert.equal((await post(path, { mode: 'pause', reason: 'it is moved' })).status, 200);
    const { body } = await post<Work>(call('verify'), {});
    const { facts } = (
      await get<{ jobs: Record<string, { facts: readonly JobFact[] }> }>('why?jobId=operations')
    ).jobs['operations']!;
    assert.deepEqual([facts[0]?.code, facts[0]?.facts['by']], ['paused', 'olga']);
    assert.equal((await post(path, { mode: 'run', reason: 'it is there' })).status, 200);
    assert.equal((await workEnded(body)).state, 'done');
  });

  it('that were retrieved stay as long as an operator says, and have new links, while others go in time', async () => {
    const other = await archived();
    await ended('retrieve', other);
    const retrieved = (dataset: TestDataset) =>
      operations.all<Retrieved>('archiver', `retrieved?pid=${encodeURIComponent(dataset.pid)}`);
    const [kept] = await retrieved(set);
    const path = `retrieved/${encodeURIComponent(kept!.id)}`;
    const tooLate = new Date(Date.now() + 1000 * 24 * 60 * minute).toISOString();
    assert.equal((await post(`${path}/extend`, { until: tooLate })).status, 400);
    const end = new Date(Date.now() + 60 * minute).toISOString();
    const extended = await post<{ expiresAt: string }>(`${path}/extend`, { until: end });
    assert.deepEqual([extended.status, extended.body.expiresAt], [200, end]);
    assert.equal((await post(`${path}/extend`, { until: end }, 'anna')).status, 409);
    await archiverIsAhead(9 * minute);
    await until(async () => (await retrieved(other)).length === 0, 150_000);
    const [still] = await retrieved(set);
    assert.deepEqual([still?.expiresAt, still?.jobs], [end, ['operations']]);
    const link = await post<{ url: string; expiresAt: string }>(`${path}/link`, {});
    assert.equal(link.status, 200);
    assert.equal(link.body.expiresAt, end);
    assert.equal(await sha256Of(link.body.url), await sha256OfFile(fileOn(1)));
    const { items } = await get<{ items: readonly object[] }>('audit?action=job.link');
    assert.equal(items.length, 1);
    assert.doesNotMatch(JSON.stringify(items), /X-Amz/, 'a link is a right, and no word of the trail');
  });
});
