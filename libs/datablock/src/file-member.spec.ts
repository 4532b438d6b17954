import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { memberFromFile, openRegisteredFile } from './file-member.js';
import { openRegularFile } from './regular-file.js';

const modifiedAt = new Date('2020-02-03T04:05:06.789Z');
const parent = realpathSync(mkdtempSync(join(tmpdir(), 'catena-files-')));
const root = join(parent, 'dataset');
after(() => rmSync(parent, { recursive: true, force: true }));

function put(path: string, content: string): void {
  writeFileSync(join(root, path), content);
  utimesSync(join(root, path), modifiedAt, modifiedAt);
}

async function contentOf(path: string, size: number, tolerance = 0, time = modifiedAt): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of await openRegisteredFile(root, { path, size, modifiedAt: time }, tolerance))
    chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const changed = { code: 'datablock.member-changed', retriable: false };

before(() => {
  mkdirSync(join(root, 'sub'), { recursive: true });
  put('f', 'content');
  put('sub/f', 'deeper');
  put('empty', '');
});

describe('A registered file', () => {
  it('is read when it is what was registered', async () => {
    assert.equal(await contentOf('f', 7), 'content');
    assert.equal(await contentOf('sub/f', 6), 'deeper');
    assert.equal(await contentOf('empty', 0), '');
  });

  it('is refused when its size or its time is another, as far as the tolerance says', async () => {
    const at = (milliseconds: number): Date => new Date(modifiedAt.getTime() + milliseconds);
    await assert.rejects(contentOf('f', 6), changed);
    await assert.rejects(contentOf('f', 7, 0, at(1)), changed);
    await assert.rejects(contentOf('f', 7, 1000, at(1500)), changed);
    await assert.rejects(contentOf('f', 7, 1000, at(-1500)), changed);
    assert.equal(await contentOf('f', 7, 1000, at(1000)), 'content');
    assert.equal(await contentOf('f', 7, 1000, at(-789)), 'content', 'a catalogue that keeps seconds');
  });

  it('is refused when it is written to while it is read, whatever its size and time say in the end', async () => {
    const size = 5 * 2 ** 20;
    for (const [tamper, error] of [
      [(file: number) => void writeSync(file, 'x', 10), changed],
      [(file: number) => void writeSync(file, 'more', size), changed],
      [
        (file: number) => {
          writeSync(file, 'x', 10);
          utimesSync(join(root, 'big'), modifiedAt, modifiedAt);
        },
        { code: 'datablock.member-unreadable', retriable: true },
      ],
    ] as const) {
      put('big', 'a'.repeat(size));
      const content = await openRegisteredFile(root, { path: 'big', size, modifiedAt }, 0);
      const writer = openSync(join(root, 'big'), 'r+');
      await assert.rejects(async () => {
        let seen = 0;
        for await (const chunk of content) {
          if (seen === 0) tamper(writer);
          seen += chunk.length;
        }
      }, error);
      closeSync(writer);
    }
  });

  it('is refused when it was replaced by another of the same size', async () => {
    put('replaced', 'one');
    appendFileSync(join(root, 'new'), 'two');
    rmSync(join(root, 'replaced'));
    execFileSync('mv', [join(root, 'new'), join(root, 'replaced')]);
    await assert.rejects(contentOf('replaced', 3), changed);
  });
});

describe('What is not a regular file', () => {
  const notAFile = { code: 'datablock.not-a-file', retriable: false };

  it('is refused at once and holds no thread: pipes, more of them than there are threads', async () => {
    const pipes = Array.from({ length: 8 }, (_, index) => `pipe${index}`);
    for (const pipe of pipes) execFileSync('mkfifo', [join(root, pipe)]);
    const refused = pipes.map((pipe) => assert.rejects(contentOf(pipe, 0), notAFile));
    await stat(root);
    await Promise.all(refused);
  });

  it('is refused: folders, sockets, devices', async () => {
    await assert.rejects(contentOf('sub', 0), notAFile);
    const socket = createServer();
    socket.listen(join(root, 'socket'));
    await once(socket, 'listening');
    await assert.rejects(contentOf('socket', 0), notAFile);
    socket.close();
    await assert.rejects(openRegularFile('/dev', 'null'), notAFile);
  });

  it('is refused: links out of the folder, at the end or in the middle', async () => {
    const outside = { code: 'datablock.outside-folder', retriable: false };
    mkdirSync(join(parent, 'secret'));
    writeFileSync(join(parent, 'secret', 'f'), 'secret');
    symlinkSync('../secret', join(root, 'folder-link'));
    symlinkSync('../secret/f', join(root, 'file-link'));
    symlinkSync('sub/f', join(root, 'inner-link'));
    await assert.rejects(contentOf('folder-link/f', 6), outside);
    await assert.rejects(contentOf('file-link', 6), outside);
    assert.equal(await contentOf('inner-link', 6), 'deeper', 'a link that stays inside is the file');
    await assert.rejects(contentOf('../secret/f', 6), { code: 'kernel.unsafe-path' });
    const member = await memberFromFile(root, 'folder-link/f');
    await assert.rejects(member.open(), outside);
  });

  it('never leads out of the folder, however fast a folder becomes a link and a folder again', async () => {
    mkdirSync(join(root, 'race'));
    mkdirSync(join(parent, 'outside'));
    put('race/f', 'inside');
    writeFileSync(join(parent, 'outside', 'f'), 'secret');
    const script = `const { renameSync, symlinkSync, rmSync } = require('node:fs');
      process.chdir(${JSON.stringify(root)});
      process.stdout.write('ready');
      for (;;) {
        renameSync('race', '../kept'); symlinkSync('../outside', 'race');
        rmSync('race'); renameSync('../kept', 'race');
      }`;
    const swapper = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(swapper.stdout, 'data');
    let read = 0;
    try {
      for (let round = 0; round < 4000; round += 1) {
        const content = await memberContent('race/f');
        if (content === undefined) continue;
        assert.equal(content, 'inside');
        read += 1;
      }
    } finally {
      swapper.kill('SIGKILL');
      await once(swapper, 'close');
    }
    assert.ok(read > 0);
  });

  async function memberContent(path: string): Promise<string | undefined> {
    try {
      const { descriptor, found } = await openRegularFile(root, path);
      closeSync(descriptor);
      return found.ino === (await stat(join(parent, 'outside', 'f'))).ino ? 'secret' : 'inside';
    } catch {
      return undefined;
    }
  }
});
