import assert from 'node:assert/strict';
import { mkdir, open, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createDataset, registerFiles } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { Ledger } from '../support/ledger.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

/** `LARGE_FILES=500000` for the whole story by hand (docs/performance.md): here what the suite has time for. */
const files = Number(process.env['LARGE_FILES'] ?? '45000');
const hugeBytes = Number(process.env['LARGE_BYTES'] ?? String(1.5 * 2 ** 30));
const filesOfBlock = 20_000;
const filesOfFolder = 1000;
const time = new Date('2020-02-03T04:05:06.789Z');
/** Milliseconds in which it is over on the slowest machine, however many files. */
const limit = 240_000 + files * 20;
/** Bytes that one worker needs at most. */
const maxMemory = 300e6;
const workers = ['job-assembler', 'archiver'] as const;
const watched = [...workers, 'catalog-api'] as const;

describe('Large datasets', () => {
  const seen = verdict();
  let installation: Installation;
  let client: ScicatClient;
  let ledger: Ledger;

  before(async () => {
    // One worker, so that what the process needs is what a worker needs; the options are those of docs/operations.md.
    const NODE_OPTIONS = '--max-old-space-size=160 --max-semi-space-size=8';
    installation = await Installation.create({
      environment: { ARCHIVER_WORKERS: '1' },
      environmentOf: { archiver: { NODE_OPTIONS }, 'job-assembler': { NODE_OPTIONS } },
    });
    await installation.start();
    client = await installation.client('demo');
    ledger = new Ledger(installation, client);
  });
  after(() => installation.stop(seen.failed));

  async function ended(type: string, pid: string): Promise<void> {
    const { status, body } = await client.postJob(type, [pid]);
    assert.equal(status, 201, JSON.stringify(body));
    await client.jobEnd(String(body['id']), limit);
    await ledger.jobEndedOnce(String(body['id']), 'finishedSuccessful');
  }

  /** The most memory that a process has had. */
  async function peaks(): Promise<Record<string, number>> {
    const found: Record<string, number> = {};
    for (const name of watched) {
      const status = await readFile(`/proc/${installation.apps[name].pid}/status`, 'utf8');
      found[name] = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
    }
    return found;
  }

  it(`of ${files} files are archived, verified and brought back`, async () => {
    const folder = join(installation.sourceFolder, 'many');
    const names: string[] = [];
    for (let index = 0; index < files; index += 1) {
      const name = join(String(Math.floor(index / filesOfFolder)), `frame-${index}.dat`);
      if (index % filesOfFolder === 0) await mkdir(join(folder, name, '..'), { recursive: true });
      await writeFile(join(folder, name), `frame ${index}`);
      await utimes(join(folder, name), time, time);
      names.push(name);
    }
    const pid = await createDataset(client, folder);
    for (let at = 0; at < files; at += filesOfBlock)
      await registerFiles(
        client,
        pid,
        names.slice(at, at + filesOfBlock).map((path, index) => ({
          ...{ path, size: `frame ${at + index}`.length, time: time.toISOString() },
        })),
      );
    for (const type of ['archive', 'verify', 'retrieve']) await ended(type, pid);
    const datablocks = await client.datablocks(pid);
    assert.equal(datablocks.length, Math.ceil(files / 20_000), 'DATABLOCK_MOST_FILES');
  });

  it(`with a file of ${hugeBytes} bytes, most of them a hole, are archived, verified and brought back`, async () => {
    const folder = join(installation.sourceFolder, 'huge');
    await mkdir(folder, { recursive: true });
    const file = join(folder, 'detector.raw');
    const handle = await open(file, 'w');
    await handle.write('begin', 0);
    await handle.write('end', hugeBytes - 3);
    await handle.close();
    await utimes(file, time, time);
    const pid = await createDataset(client, folder);
    await registerFiles(client, pid, [{ path: 'detector.raw', size: hugeBytes, time: time.toISOString() }]);
    for (const type of ['archive', 'verify', 'retrieve']) await ended(type, pid);
  });

  it('need less than 300 MB in each worker', async (test) => {
    const found = await peaks();
    test.diagnostic(JSON.stringify(found));
    for (const name of workers)
      assert.ok(
        found[name]! < maxMemory,
        `Expected ${name} with at most ${maxMemory} bytes, found ${found[name]}.`,
      );
  });
});
