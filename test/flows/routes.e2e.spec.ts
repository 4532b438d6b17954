import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pidAsName } from '#kernel';
import { until } from '#messaging/testing';
import type { AppProcess } from '../../tools/start/src/index.js';
import { datasetInSourceFolder, sampleFiles, sha256, type TestDataset } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { Mailbox } from '../support/mailbox.js';
import { Whys } from '../support/operations.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

/** Where tars of each target are found. */
const folders = { disk: 'disk', vault: 'vault', library: 'library/files' } as const;
type TargetName = keyof typeof folders;

/** Two archivers on one database: one has a share and a tape library, the other one a share for everybody else. */
describe('With routes', () => {
  let place: string;
  let file: string;
  let installation: Installation;
  let second: AppProcess | undefined;
  let mailbox: Mailbox;
  let demo: ScicatClient;
  let stranger: ScicatClient;
  const seen = verdict();

  before(async () => {
    place = await mkdtemp(join(tmpdir(), 'catena-flow-routes-'));
    for (const folder of Object.values(folders)) await mkdir(join(place, folder), { recursive: true });
    file = join(place, 'routes.yaml');
    await writeFile(
      file,
      `targets:
  - { name: disk, kind: share, options: { place: ${place}/disk } }
  - { name: vault, kind: share, options: { place: ${place}/vault }, limits: { write: 2, read: 2 } }
  - { name: library, kind: tape, options: { place: ${place}/library, drives: 1, scale: 0 } }
routes:
  - name: precious
    when: { fields: { ownerGroup: demo-group } }
    targets: [library, vault]
    copies: 2
    mail: [owner, tapes@example.org]
  - name: default
    targets: [disk]
`,
    );
    mailbox = await Mailbox.open();
    installation = await Installation.create({
      environment: {
        ...{ ROUTES_FILE: file, ARCHIVER_TARGETS: 'vault,library', LTS_ROOTS: '' },
        ...{ JOB_MAILS: 'policy', ...mailbox.environment },
      },
    });
    await mkdir(join(installation.directory, 'source', 'strangers'), { recursive: true });
    await installation.start();
    second = await installation.another('archiver', { ARCHIVER_TARGETS: 'disk' });
    [demo, stranger] = await Promise.all([installation.client('demo'), installation.client('stranger')]);
  });
  after(async () => {
    await second?.stop('SIGTERM');
    await installation.stop(seen.failed);
    await mailbox.close();
    await rm(place, { recursive: true, force: true });
  });

  const datasetOf = (client: ScicatClient, group: string): Promise<TestDataset> =>
    datasetInSourceFolder(installation, client, sampleFiles(100_000), group);
  async function posted(client: ScicatClient, type: string, pid: string): Promise<string> {
    const { status, body } = await client.postJob(type, [pid]);
    assert.equal(status, 201, JSON.stringify(body));
    return String(body['id']);
  }
  async function ended(client: ScicatClient, id: string) {
    const job = await client.jobEnd(id, 120_000);
    assert.equal(job.statusCode, 'finishedSuccessful', job.statusMessage);
    return job;
  }

  /** Names of the targets on which finished tars of the dataset lie. */
  async function targetsOf({ pid }: TestDataset): Promise<TargetName[]> {
    const names = Object.keys(folders) as TargetName[];
    const found = await Promise.all(
      names.map(async (name) => {
        const entries = await readdir(join(place, folders[name], pidAsName(pid)), {
          recursive: true,
        }).catch(() => []);
        return entries.some((entry) => entry.endsWith('.tar')) ? [name] : [];
      }),
    );
    return found.flat();
  }

  async function isRetrieved(client: ScicatClient, { pid }: TestDataset): Promise<void> {
    const { jobResultObject } = await ended(client, await posted(client, 'retrieve', pid));
    const [result] = jobResultObject.result ?? [];
    const bytes = Buffer.from(await (await fetch(result!.url)).arrayBuffer());
    assert.equal(sha256(bytes), (result as unknown as { sha256: string }).sha256);
  }

  it('copies lie exactly where the file says, and are read and verified there', async () => {
    const [precious, other] = await Promise.all([
      datasetOf(demo, 'demo-group'),
      datasetOf(stranger, 'strangers'),
    ]);
    for (const [client, { pid }] of [
      [demo, precious],
      [stranger, other],
    ] as const)
      await ended(client, await posted(client, 'archive', pid));
    assert.deepEqual(await targetsOf(precious), ['vault', 'library']);
    assert.deepEqual(await targetsOf(other), ['disk']);
    await isRetrieved(demo, precious);
    await isRetrieved(stranger, other);
    await ended(demo, await posted(demo, 'verify', precious.pid));
    await ended(stranger, await posted(stranger, 'verify', other.pid));
  });

  it('the end of a job is told to whom its route names, the owner among them', async () => {
    const { pid } = await datasetOf(demo, 'demo-group');
    const id = await posted(demo, 'archive', pid);
    await ended(demo, id);
    const mailsOfJob = () =>
      mailbox.mails.filter(({ text }) => text.includes(id) && /has\s+ended/.test(text));
    await until(() => Promise.resolve(mailsOfJob().length > 1));
    assert.deepEqual(
      mailsOfJob()
        .flatMap(({ to }) => to)
        .sort(),
      ['demo@example.org', 'tapes@example.org'],
    );
  });

  it('a dataset is archived only when all of its copies are verified', async () => {
    const set = await datasetOf(demo, 'demo-group');
    await libraryIs({ offline: true });
    const id = await posted(demo, 'archive', set.pid);
    await until(async () => (await demo.job(id)).statusCode === 'inProgress');
    const log = join(installation.directory, 'archiver.log');
    await until(async () => (await readFile(log, 'utf8')).includes('found it offline'));
    assert.equal((await demo.dataset(set.pid)).datasetlifecycle['retrievable'], false);
    await libraryIs({});
    await ended(demo, id);
    assert.equal((await demo.dataset(set.pid)).datasetlifecycle['retrievable'], true);
    assert.deepEqual(await targetsOf(set), ['vault', 'library']);
  });

  it('a dataset that asks for more copies than its route has targets fails with a sentence for its owner', async () => {
    const { pid } = await datasetOf(stranger, 'strangers');
    const jobParams = { username: 'stranger', tapeCopies: 'two' };
    const body = { type: 'archive', jobParams, datasetList: [{ pid, files: [] }] };
    const { body: job } = await stranger.call('POST', '/api/v3/Jobs', body);
    const { jobResultObject } = await stranger.jobEnd(String(job['id']), 120_000);
    const [bad] = jobResultObject.bad ?? [];
    assert.deepEqual([bad?.code, bad?.fault], ['routes.too-few-targets', 'user']);
    assert.match(bad?.message ?? '', /Expected at least 2 targets in route default/);
  });

  it('a job says that its target is in maintenance, or gone from the file, and goes on when neither is so', async () => {
    const { pid } = await datasetOf(stranger, 'strangers');
    const whys = new Whys(installation);
    const assembler = installation.apps['job-assembler'];
    const routes = await readFile(file, 'utf8');
    const readAgain = async (text: string): Promise<void> => {
      await assembler.stop();
      await writeFile(file, text);
      assembler.start();
      await assembler.whenReady();
    };
    const disk = `  - { name: disk, kind: share, options: { place: ${place}/disk } }\n`;
    const window = `[{ from: '2020-01-01T00:00', to: '2099-01-01T00:00', timeZone: UTC, reason: new disks }]`;
    await readAgain(routes.replace(disk, disk.replace(' } }\n', ` }, windows: ${window} }\n`)));
    const id = await posted(stranger, 'archive', pid);
    const { headline } = await whys.waitsFor(id, 'window.closed');
    assert.deepEqual([headline?.facts['target'], headline?.facts['reason']], ['disk', 'new disks']);
    await readAgain(routes.replace(disk, '').replace('targets: [disk]', 'targets: [vault]'));
    assert.equal((await whys.waitsFor(id, 'target.unknown')).headline?.facts['target'], 'disk');
    await readAgain(routes);
    await ended(stranger, id);
  });

  /** Written whole, as another process reads it. */
  async function libraryIs(faults: object): Promise<void> {
    const faultsFile = join(place, 'library', 'faults.json');
    await writeFile(`${faultsFile}.new`, JSON.stringify(faults));
    await rename(`${faultsFile}.new`, faultsFile);
  }
});
