import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { openRegisteredFile } from '../file-member.js';
import { readBatch } from './read-batch.js';
import { SmallFiles } from './small-files.js';

const modifiedAt = new Date('2020-02-03T04:05:06.789Z');
const parent = realpathSync(mkdtempSync(join(tmpdir(), 'catena-small-')));
const root = join(parent, 'dataset');
const names = Array.from({ length: 40 }, (_, index) => `sub${index % 3}/f${index}`);
const contentOf = (name: string): string => name.repeat(1 + (name.length % 4));
const readers: SmallFiles[] = [];

function put(path: string, content: string): void {
  writeFileSync(join(root, path), content);
  utimesSync(join(root, path), modifiedAt, modifiedAt);
}

function script(name: string, content: string): URL {
  const path = join(parent, name);
  writeFileSync(path, content);
  return pathToFileURL(path);
}

function reader(at?: URL): SmallFiles {
  const files = new SmallFiles(at);
  readers.push(files);
  return files;
}

/** Open files of the folder alone: the process opens and closes others meanwhile. */
const openHere = (): string[] =>
  readdirSync('/proc/self/fd')
    .flatMap((descriptor) => targetOf(`/proc/self/fd/${descriptor}`))
    .filter((path) => path.startsWith(parent));

function targetOf(link: string): string[] {
  try {
    return [readlinkSync(link)];
  } catch {
    // Closed since it was listed, like the descriptor of the list itself.
    return [];
  }
}

const wanted = (path: string, size = contentOf(path).length) => ({
  ...{ root, path, size, modifiedAt, tolerance: 0 },
});

before(() => {
  for (const folder of ['sub0', 'sub1', 'sub2', 'odd', '../secret'])
    mkdirSync(join(root, folder), { recursive: true });
  for (const name of names) put(name, contentOf(name));
  put('odd/empty', '');
  put('odd/changed', 'later');
  utimesSync(join(root, 'odd/changed'), modifiedAt, new Date());
  put('odd/longer', 'longer');
  put('../secret/f', 'secret');
  symlinkSync('../secret', join(root, 'link'));
  symlinkSync('../../secret/f', join(root, 'odd/link'));
  symlinkSync('../sub0/f0', join(root, 'odd/inner'));
  execFileSync('mkfifo', [join(root, 'odd/pipe')]);
  linkSync(join(root, 'sub0/f0'), join(root, 'odd/linked'));
});
after(() => {
  for (const files of readers) files.close();
  rmSync(parent, { recursive: true, force: true });
});

describe('Small files that are wanted at once', () => {
  it('each come with their own content, whatever happens to the others', async () => {
    const expected: Record<string, string | { code: string }> = {
      'odd/empty': '',
      'odd/inner': contentOf('sub0/f0'),
      'odd/changed': { code: 'datablock.member-changed' },
      'odd/longer': { code: 'datablock.member-changed' },
      'odd/link': { code: 'datablock.outside-folder' },
      'odd/pipe': { code: 'datablock.not-a-file' },
      'odd/gone': { code: 'ENOENT' },
      'link/f': { code: 'datablock.outside-folder' },
      '../secret/f': { code: 'kernel.unsafe-path' },
    };
    const inner = contentOf('sub0/f0').length;
    const sizes: Record<string, number> = {
      'odd/inner': inner,
      'odd/changed': 5,
      'odd/longer': 5,
      'link/f': 6,
    };
    for (const name of names) [expected[name], sizes[name]] = [contentOf(name), contentOf(name).length];
    const mixed = Object.keys(expected).sort();
    const found = await Promise.all(mixed.map((path) => openedAs(path, sizes[path] ?? 0)));
    assert.deepEqual(Object.fromEntries(mixed.map((path, index) => [path, found[index]])), expected);
  });

  async function openedAs(path: string, size: number): Promise<string | { code: string }> {
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of await openRegisteredFile(root, { path, size, modifiedAt }, 0))
        chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    } catch (error) {
      return { code: (error as { code: string }).code };
    }
  }

  it('are accepted only as plain files of the folder that are just what was registered', () => {
    const good = [
      wanted('odd/empty', 0),
      wanted('sub1/f1'),
      wanted('odd/linked', contentOf('sub0/f0').length),
    ];
    const bad = [
      wanted('odd/changed', 5),
      wanted('odd/longer', 5),
      wanted('odd/longer', 7),
      { ...wanted('sub1/f1'), modifiedAt: new Date(modifiedAt.getTime() + 1) },
      { ...wanted('sub1/f1'), root: join(root, 'sub1'), path: '../sub0/f0' },
      wanted('odd/link', 6),
      wanted('odd/inner', contentOf('sub0/f0').length),
      wanted('odd/pipe', 0),
      wanted('odd/gone', 0),
      wanted('sub0', 4096),
      wanted('link/f', 6),
    ];
    const { lengths, bytes } = readBatch([...bad, ...good]);
    assert.deepEqual(lengths, [...bad.map(() => -1), ...good.map(({ size }) => size)]);
    const contents = contentOf('sub1/f1') + contentOf('sub0/f0');
    assert.equal(Buffer.from(bytes).toString('utf8', 0, contents.length), contents);
  });

  it('leave no file open', () => {
    const open = openHere();
    for (let round = 0; round < 20; round += 1)
      readBatch([...names.map((name) => wanted(name)), wanted('odd/longer', 5), wanted('odd/link', 6)]);
    assert.deepEqual(openHere(), open);
  });

  it('come in the order they were asked for, through threads', async () => {
    const files = reader();
    for (let round = 0; round < 3; round += 1) {
      const contents = await Promise.all(names.map((name) => files.read(wanted(name))));
      assert.deepEqual(contents.map(String), names.map(contentOf));
    }
    assert.equal(String(await files.read(wanted('sub0/f0'))), contentOf('sub0/f0'), 'one alone');
  });

  it('start no thread when they are few', async () => {
    assert.equal(await reader().read(wanted('sub0/f0')), undefined);
  });
});

describe('A thread that reads small files', () => {
  it('may end, and what it had in hand is read in the careful way', async () => {
    const files = reader(
      script('ends.mjs', "import { parentPort } from 'node:worker_threads'; process.exit(3);"),
    );
    for (let round = 0; round < 5; round += 1)
      assert.deepEqual(
        await Promise.all(names.map((name) => files.read(wanted(name)))),
        names.map(() => undefined),
      );
  });

  it('may be missing', async () => {
    const files = reader(pathToFileURL(join(parent, 'nowhere.mjs')));
    const contents = await Promise.all(names.map((name) => files.read(wanted(name))));
    assert.ok(contents.every((content) => content === undefined));
  });

  it('may hang without holding up the process: it can be ended, and what waits comes back', async () => {
    const hang =
      "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => {for (;;);});";
    const files = reader(script('hangs.mjs', hang));
    const reading = names.map((name) => files.read(wanted(name)));
    await new Promise(setImmediate);
    files.close();
    assert.ok((await Promise.all(reading)).every((content) => content === undefined));
  });

  it('gets no more than a few megabytes at a time', async () => {
    const size = 200_000;
    const big = Array.from({ length: 60 }, (_, index) => `big${index}`);
    for (const name of big) put(name, name.padEnd(size));
    const counting = `import { parentPort } from 'node:worker_threads';
      parentPort.on('message', ({ numbers, paths }) => {
        const sum = paths.reduce((sum, _, index) => sum + numbers[index * 3], 0);
        const bytes = Buffer.from(new Uint8Array(new ArrayBuffer(sum)).fill(sum > 4194304 ? 33 : 32));
        parentPort.postMessage({ bytes: new Uint8Array(bytes), lengths: paths.map(() => ${size}), millisecondsEach: 0 });
      });`;
    const files = reader(script('counts.mjs', counting));
    const contents = await Promise.all(big.map((name) => files.read(wanted(name, size))));
    assert.ok(contents.every((content) => content?.length === size && content[0] === 32));
  });
});
