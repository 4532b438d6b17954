import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandLine } from '../test/support/command-line.js';
import { createDataset, uploadLinks } from '../test/support/datasets.js';
import { Installation } from '../test/support/installation.js';

/**
 * How many tiny files a second `catena ingest` brings into the landing zone, against one request for each file, six at a
 * time, as it did before parcels (docs/decisions/0035). Both in one run: the ratio is what counts.
 */
const count = Number(process.env['INGEST_FILES'] ?? 10_000);
const alone = Math.min(1000, count);
const lanes = 6;
const linksAtOnce = 200;

const contentOf = (index: number): string => `content of frame ${index}\n`;
const installation = await Installation.create({
  sharedAccounts: true,
  environment: { LOG_LEVEL: 'warn' },
});
let shell: CommandLine | undefined;
try {
  await installation.start();
  shell = await CommandLine.create(installation.url);
  const before = await oneByOne();
  const after = await withTheCommand(shell);
  console.log(`ratio: ${(after / before).toFixed(1)}`);
} finally {
  await shell?.remove();
  await installation.stop();
}

/** Files a second. */
async function oneByOne(): Promise<number> {
  const client = await installation.client('demo');
  const pid = await createDataset(client, '/bench/one-by-one');
  const began = performance.now();
  for (let first = 0; first < alone; first += linksAtOnce) {
    const indices = Array.from({ length: Math.min(linksAtOnce, alone - first) }, (_, at) => first + at);
    const links = await uploadLinks(
      client,
      pid,
      indices.map((index) => ({ path: `frame-${index}.raw`, size: contentOf(index).length })),
    );
    const waiting = indices.entries();
    const lane = async (): Promise<void> => {
      for (const [at, index] of waiting) {
        const { status } = await fetch(links[at]!.url, { method: 'PUT', body: contentOf(index) });
        assert.equal(status, 200);
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  }
  return said('one by one', alone, began);
}

async function withTheCommand(cli: CommandLine): Promise<number> {
  const folder = join(installation.directory, 'tiny');
  await mkdir(folder);
  for (let index = 0; index < count; index += 1)
    await writeFile(join(folder, `frame-${index}.raw`), contentOf(index));
  const password = installation.settings.secrets.accounts.demo;
  await cli.run(['login', '--username', 'demo', '--password-stdin'], {}, `${password}\n`);
  const began = performance.now();
  const ended = await cli.run(['ingest', folder, '--owner-group', 'demo-group']);
  assert.equal(ended.code, 0, ended.stderr);
  return said('catena ingest, from its start to its end', count, began);
}

function said(what: string, files: number, began: number): number {
  const seconds = (performance.now() - began) / 1000;
  console.log(
    `${what}: ${files} files in ${seconds.toFixed(1)} s, ${(files / seconds).toFixed(0)} files a second`,
  );
  return files / seconds;
}
