import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ColdGateway } from '#long-term-storage/testing';
import { WhyPages } from '../support/browser/why-pages.js';
import { datasetInSourceFolder, type TestDataset } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { Whys } from '../support/operations.js';
import { textOf } from '../support/repository.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

/** Bytes of a dataset, by which the routes of this installation send it somewhere. */
const sizes = { disk: 10_000, vault: 110_000, both: 210_000, cold: 310_000, library: 410_000 } as const;

/** Milliseconds after which slots are kept for work that waits (PRIORITY_AGING). */
const aging = 1000;

/** What a person reads where no other flow makes a job wait for it: tapes, cold objects, slots that are kept, work of others. */
describe('On the page of a job that waits stands why', () => {
  const seen = verdict();
  let folder: string;
  let gateway: ColdGateway;
  let installation: Installation;
  let client: ScicatClient;
  let pages: WhyPages;
  let whys: Whys;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catena-flow-waits-'));
    const services = process.env;
    const [region, secretKey] = ['us-east-1', services['S3_SECRET_KEY'] ?? ''];
    gateway = new ColdGateway({ upstream: services['S3_ENDPOINT'] ?? '', region, secretKey });
    gateway.refusals = Number.POSITIVE_INFINITY;
    await writeFile(join(folder, 'access'), services['S3_ACCESS_KEY'] ?? '');
    await writeFile(join(folder, 'secret'), secretKey);
    const endpoint = await gateway.start();
    const bucket = `waits-${randomBytes(5).toString('hex')}`;
    const example = textOf('examples/job-configuration.yaml');
    const jobConfigurationFile = join(folder, 'jobs.yaml');
    const others = `  - jobType: others\n    create: { auth: '#datasetOwner', actions: [] }\n    update: { auth: '#jobOwnerGroup', actions: [] }\n`;
    await writeFile(jobConfigurationFile, example.replace(/^jobs:\n/m, `jobs:\n${others}`));
    installation = await Installation.create({
      ...{ console: true, shares: 3, jobConfigurationFile },
      environment: { ARCHIVER_WORKERS: '2', PRIORITY_AGING: `${aging}ms`, REFERENCE_PATIENCE: '10m' },
      routes: ([disk, vault, library]) => `targets:
  - { name: disk, kind: share, options: { place: ${disk} }, limits: { write: 1 } }
  - { name: vault, kind: share, options: { place: ${vault} }, limits: { write: 1 } }
  - { name: library, kind: tape, options: { place: ${library}, drives: 1, scale: 0, cartridge: 500KiB } }
  - name: cold
    kind: s3
    options:
      { endpoint: '${endpoint}', bucket: ${bucket}, accessKeyFile: ${folder}/access, secretKeyFile: ${folder}/secret,
        storageClass: GLACIER, cold: { lookAgain: 1 } }
routes:
  - { name: disk, when: { maxSize: 100000 }, targets: [disk] }
  - { name: vault, when: { maxSize: 200000 }, targets: [vault] }
  - { name: both, when: { maxSize: 300000 }, targets: [disk, vault], copies: 2 }
  - { name: cold, when: { maxSize: 400000 }, targets: [cold] }
  - { name: library, targets: [library] }
`,
    });
    await installation.withObjectStore((store) => store.ensureBucket(bucket));
    await installation.start();
    client = await installation.client('demo');
    pages = await WhyPages.of(installation);
    whys = new Whys(installation, pages);
  });
  after(async () => {
    // Where nothing was begun there is nothing else to stop.
    gateway.stop();
    await pages.stop();
    await installation.stop(seen.failed);
    await rm(folder, { recursive: true, force: true });
  });

  const dataset = (route: keyof typeof sizes): Promise<TestDataset> =>
    datasetInSourceFolder(installation, client, [{ path: 'a.h5', content: randomBytes(sizes[route]) }]);
  const posted = async (type: string, ...sets: readonly TestDataset[]): Promise<string> => {
    const { status, body } = await client.postJob(
      type,
      sets.map(({ pid }) => pid),
    );
    assert.equal(status, 201, JSON.stringify(body));
    return String(body['id']);
  };
  const endsWell = async (...ids: readonly string[]): Promise<void> => {
    for (const id of ids) {
      const end = await client.jobEnd(id);
      assert.equal(end.statusCode, 'finishedSuccessful', end.statusMessage);
    }
  };
  const routesFile = (): string => join(installation.directory, 'routes.yaml');
  const startsAgain = async (
    name: 'archiver' | 'job-assembler',
    change: (routes: string) => string,
  ): Promise<void> => {
    const app = installation.apps[name];
    await app.stop();
    await writeFile(routesFile(), change(await readFile(routesFile(), 'utf8')));
    app.start();
    await app.whenReady();
  };

  it('which slot is kept for work that needs two at once', async () => {
    const { archiver } = installation.apps;
    const sets = [await dataset('disk'), await dataset('both'), await dataset('vault')] as const;
    await archiver.stop();
    const first = await posted('archive', sets[0]);
    await whys.waitsFor(first, 'work.unaccepted');
    const second = await posted('archive', sets[1]);
    await whys.waitsFor(second, 'limit.target');
    // Its work order is there; nothing is kept for it from work that is as urgent before it has waited for this long.
    await sleep(aging);
    const third = await posted('archive', sets[2]);
    const { headline } = await whys.waitsFor(third, 'slot.kept');
    assert.equal(headline?.facts['target'], 'vault');
    archiver.start();
    await archiver.whenReady();
    await endsWell(first, second, third);
  });

  it('that a copy which was there a moment ago is not found yet', async () => {
    const set = await dataset('disk');
    await endsWell(await posted('archive', set));
    const place = installation.shares[0]!;
    const tars = (await readdir(place, { recursive: true })).filter((one) => one.endsWith('.tar'));
    for (const one of tars) await rename(join(place, one), join(place, `${one}.away`));
    assert.ok(tars.length > 0);
    const id = await posted('retrieve', set);
    await whys.waitsFor(id, 'copy.missing');
    for (const one of tars) await rename(join(place, `${one}.away`), join(place, one));
    await endsWell(id);
  });

  it('that a cold object is being restored', async () => {
    const id = await posted('archive', await dataset('cold'));
    await whys.waitsFor(id, 'cold.restoring');
    gateway.refusals = 0;
    await endsWell(id);
  });

  it('that another system does it', async () => {
    const id = await posted('others', await dataset('disk'));
    await whys.waitsFor(id, 'external');
  });

  it('that its target is in maintenance, or gone', async () => {
    const target = /^  - \{ name: vault, kind.*\n/m;
    const window = `windows: [{ from: '2020-01-01T00:00', to: '2099-01-01T00:00', timeZone: UTC, reason: new disks }] }`;
    const routes = await readFile(routesFile(), 'utf8');
    await startsAgain('job-assembler', () =>
      routes.replace(target, (line) => line.replace(/ \}\n$/, `, ${window}\n`)),
    );
    const waiting = await posted('archive', await dataset('vault'));
    await whys.waitsFor(waiting, 'window.closed');
    await startsAgain('job-assembler', () =>
      routes
        .replace(target, '')
        .replace('[disk, vault], copies: 2', '[disk]')
        .replace('targets: [vault]', 'targets: [disk]'),
    );
    await whys.waitsFor(waiting, 'target.unknown');
    await startsAgain('job-assembler', () => routes);
    await endsWell(waiting);
  });

  it('what tapes make it wait for: a drive, a worker, another job that reads the same', async () => {
    const sets = [await dataset('library'), await dataset('library'), await dataset('library')];
    await startsAgain('archiver', (routes) => routes.replace('scale: 0,', 'scale: 1,'));
    // A mount takes two minutes now.
    const archive = await posted('archive', ...sets);
    await whys.says(archive, 'work.running');
    await whys.says(archive, 'work.queued');
    await startsAgain('archiver', (routes) => routes.replace('scale: 1,', 'scale: 0,'));
    await endsWell(archive);
    await startsAgain('archiver', (routes) => routes.replace('scale: 0,', 'scale: 1,'));
    // All but one of them lie on a cartridge that is not in the drive.
    const retrieve = await posted('retrieve', ...sets);
    await whys.says(retrieve, 'work.tape');
    const same = await posted('retrieve', ...sets);
    await whys.says(same, 'work.shared-recall');
    await startsAgain('archiver', (routes) => routes.replace('scale: 1,', 'scale: 0,'));
    await endsWell(retrieve, same);
  });
});
