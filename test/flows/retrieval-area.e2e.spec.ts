import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { until } from '#messaging/testing';
import { WhyPages } from '../support/browser/why-pages.js';
import { CommandLine } from '../support/command-line.js';
import { datasetInSourceFolder, type TestDataset } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { Whys } from '../support/operations.js';
import type { Job, ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

interface Progress {
  readonly reasons?: readonly { readonly code: string }[];
  readonly waitsFor?: readonly string[];
}

interface Entry {
  readonly url: string;
  readonly expiresAt: string;
  readonly released?: boolean;
  readonly gone?: boolean;
}

describe('A retrieval area with room for one dataset', () => {
  let installation: Installation;
  let client: ScicatClient;
  let datasets: readonly TestDataset[];
  let first: Job;
  let second: string;
  const seen = verdict();

  before(async () => {
    installation = await Installation.create({
      ...{ sharedAccounts: true, console: true },
      environment: { RETRIEVAL_SPACE: '1500000B', RETRIEVED_LIFETIME: '1h' },
    });
    await installation.start();
    client = await installation.client('demo');
    const made = () =>
      datasetInSourceFolder(installation, client, [{ path: 'a', content: randomBytes(900_000) }]);
    datasets = [await made(), await made()];
    const pids = datasets.map(({ pid }) => pid);
    const end = await client.jobEnd(String((await client.postJob('archive', pids)).body['id']));
    assert.equal(end.statusCode, 'finishedSuccessful', end.statusMessage);
  });
  after(() => installation.stop(seen.failed));

  const retrieve = async (index: number): Promise<string> => {
    const { status, body } = await client.postJob('retrieve', [datasets[index]!.pid]);
    assert.equal(status, 201, JSON.stringify(body));
    return String(body['id']);
  };
  const entriesOf = (job: Job): readonly Entry[] => job.jobResultObject.result ?? [];
  const ask = (id: string, what: string, as = client) =>
    as.call('POST', `/api/v4/jobs/${id}/retrieval/${what}`);

  it('gives a finished job new links for longer, and its status stays', async () => {
    first = await client.jobEnd(await retrieve(0));
    assert.equal(first.statusCode, 'finishedSuccessful', first.statusMessage);
    const [before] = entriesOf(first);
    const { status, body } = await ask(first.id, 'extend');
    assert.equal(status, 202, JSON.stringify(body));
    await until(async () => entriesOf(await client.job(first.id))[0]?.expiresAt !== before?.expiresAt);
    const job = await client.job(first.id);
    const [entry] = entriesOf(job);
    assert.ok(entry!.expiresAt > before!.expiresAt);
    assert.equal((await fetch(entry!.url)).status, 200);
    assert.equal(job.statusCode, 'finishedSuccessful');
  });

  for (const [app, point] of [
    ['archiver', 'archiver.after-pins'],
    ['catalog-api', 'catalog.after-pins'],
  ] as const)
    it(`gives them all the same where ${app} is killed at ${point}`, async () => {
      const { expiresAt } = entriesOf(await client.job(first.id))[0]!;
      const victim = installation.apps[app];
      await installation.arm(app, point);
      const ended = victim.whenEnded();
      assert.equal((await ask(first.id, 'extend')).status, 202);
      await ended;
      await installation.disarm(app);
      victim.start();
      await victim.whenReady();
      // Two links of one second may be the same.
      await until(async () => entriesOf(await client.job(first.id))[0]?.expiresAt !== expiresAt);
      const [entry] = entriesOf(await client.job(first.id));
      assert.ok(entry!.expiresAt > expiresAt);
      assert.equal((await fetch(entry!.url)).status, 200);
    });

  it('has the next one wait, which says so; when the first one is released, it goes on', async () => {
    second = await retrieve(1);
    let progress: Progress = {};
    await until(async () => {
      progress = (await client.call<Progress>('GET', `/api/v4/jobs/${second}/progress`)).body;
      return (progress.reasons ?? []).some(({ code }) => code === 'quota.full');
    });
    const pages = await WhyPages.of(installation);
    await new Whys(installation, pages).waitsFor(second, 'quota.full');
    await pages.stop();
    assert.match(String(progress.waitsFor), /waits for room in the retrieval area: it asks for 9\d+ bytes/);
    assert.equal((await ask(first.id, 'release')).status, 202);
    const end = await client.jobEnd(second);
    assert.equal(end.statusCode, 'finishedSuccessful', end.statusMessage);
    assert.equal((await fetch(entriesOf(end)[0]!.url)).status, 200);
    await until(async () => entriesOf(await client.job(first.id))[0]?.released === true);
  });

  it('says of copies that had to go that they are to be retrieved anew, and of each request once what became of it', async () => {
    assert.equal((await ask(first.id, 'extend')).status, 202);
    await until(async () => entriesOf(await client.job(first.id))[0]?.gone === true);
    const { body } = await client.call<readonly { event?: string; statusMessage: string }[]>(
      'GET',
      `/api/v4/jobs/${first.id}/history`,
    );
    const count = (what: string) => body.filter(({ event }) => event === what).length;
    assert.equal(count('copies-changed'), count('copies-requested'));
    assert.match(
      String(body.at(-1)?.statusMessage),
      /1 were not there for the job any more: retrieve them anew/,
    );
  });

  it('is emptied by the command line once all files are there, unless it is told to keep them, or later', async () => {
    const shell = await CommandLine.create(installation.url);
    const target = join(installation.directory, 'restored');
    try {
      const password = installation.settings.secrets.accounts.demo;
      await shell.run(['login', '--username', 'demo', '--password-stdin'], {}, `${password}\n`);
      const fetched = async (index: number, ...options: string[]): Promise<string> => {
        const to = ['--to', join(target, String(index)), '--json'];
        const done = await shell.run(['retrieve', datasets[index]!.pid, ...to, ...options]);
        assert.equal(done.code, 0, done.stderr);
        return (JSON.parse(done.stdout) as { job: string }).job;
      };
      const isReleased = async (id: string) => entriesOf(await client.job(id))[0]?.released === true;
      const kept = await fetched(1, '--keep');
      assert.equal(await isReleased(kept), false);
      for (const what of ['--extend', '--release']) {
        const before = entriesOf(await client.job(kept))[0]!.expiresAt;
        const asked = await shell.run(['job', kept, what]);
        assert.equal(asked.code, 0, asked.stderr);
        await until(async () => entriesOf(await client.job(kept))[0]?.expiresAt !== before);
      }
      assert.equal(await isReleased(kept), true);
      // Whoever has the other dataset by the links of a job has to let go of it as well.
      assert.equal((await ask(second, 'release')).status, 202);
      const released = await fetched(0);
      await until(() => isReleased(released));
    } finally {
      await shell.remove();
      await rm(target, { recursive: true, force: true });
    }
  });

  it("is nobody else's to steer, and nothing of jobs that have brought nothing", async () => {
    const stranger = await installation.client('stranger');
    assert.equal((await ask(first.id, 'release', stranger)).status, 403);
    const { body } = await client.postJob('verify', [datasets[0]!.pid]);
    const verified = await client.jobEnd(String(body['id']));
    assert.equal((await ask(verified.id, 'extend')).status, 409);
  });
});
