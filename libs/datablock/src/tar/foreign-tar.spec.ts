import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readForeignTar } from './foreign-tar.js';

const time = new Date('2021-02-03T04:05:06.000Z');
const files: Readonly<Record<string, string>> = {
  'plain.txt': 'plain',
  empty: '',
  [`deep/${'folder-of-a-long-name/'.repeat(8)}file.dat`]: 'deep',
  [`${'x'.repeat(90)}.dat`]: 'long',
  'ünï/名前.dat': 'unicode',
  'block.bin': 'b'.repeat(512),
  'more.bin': 'm'.repeat(100_001),
};

describe('A tar of another program', () => {
  const folder = mkdtempSync(join(tmpdir(), 'catena-foreign-'));
  const [source, tar] = [join(folder, 'source'), join(folder, 'a.tar')];
  before(() => {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(source, path)), { recursive: true });
      writeFileSync(join(source, path), content, { mode: 0o640 });
      utimesSync(join(source, path), time, time);
    }
    symlinkSync('plain.txt', join(source, 'link'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const pack = (format: string, ...more: string[]): void =>
    void execFileSync('tar', ['-C', source, `--format=${format}`, '-cf', tar, ...more, '.']);
  async function read(file = tar, chunk = 1000) {
    const found = new Map<string, { content: string; offset: number; permissions: number; at: Date }>();
    for await (const member of readForeignTar(createReadStream(file, { highWaterMark: chunk }))) {
      const pieces: Buffer[] = [];
      for await (const piece of member.content) pieces.push(piece);
      const { offset, permissions, modifiedAt: at } = member;
      found.set(member.name ?? '?', { content: Buffer.concat(pieces).toString(), offset, permissions, at });
    }
    return found;
  }

  for (const format of ['gnu', 'pax', 'ustar'])
    it(`in the format ${format} is read with names, contents, times, rights and places`, async () => {
      pack(format);
      const bytes = readFileSync(tar);
      for (const chunk of [7, 512, 65_536]) {
        const found = await read(tar, chunk);
        assert.deepEqual(
          [...found.keys()].sort(),
          Object.keys(files)
            .map((path) => `./${path}`)
            .sort(),
        );
        for (const [path, content] of Object.entries(files)) {
          const member = found.get(`./${path}`)!;
          assert.equal(member.content, content);
          assert.deepEqual([member.permissions, member.at], [0o640, time]);
          assert.equal(
            bytes.toString('utf8', member.offset, member.offset + Buffer.byteLength(content)),
            content,
          );
        }
      }
    });

  it('may have files that nobody reads, and files of which only a part is read', async () => {
    pack('gnu');
    const names: (string | undefined)[] = [];
    for await (const { name, content } of readForeignTar(createReadStream(tar))) {
      names.push(name);
      for await (const _piece of content) break;
    }
    assert.equal(names.length, Object.keys(files).length);
  });

  it('with a file above 8 GiB tells its size', async () => {
    const huge = join(folder, 'huge');
    mkdirSync(huge);
    writeFileSync(join(huge, 'huge.raw'), '');
    truncateSync(join(huge, 'huge.raw'), 9 * 2 ** 30);
    for (const format of ['gnu', 'pax']) {
      const head = execFileSync(
        'sh',
        ['-c', `tar -C "$1" --format=${format} -cf - . | head -c 8192`, 'sh', huge],
        {
          maxBuffer: 100_000,
        },
      );
      const members = readForeignTar(
        (async function* () {
          yield await Promise.resolve(head);
        })(),
      );
      const { value } = await members.next();
      assert.equal((value as { size: number }).size, 9 * 2 ** 30);
      await assert.rejects(members.next(), { code: 'datablock.not-a-tar' });
    }
  });

  it('with names that no catalogue lists tells them as none', async () => {
    const long = 'y'.repeat(5000);
    const body = Buffer.from(`${long}\0`);
    pack('gnu');
    const first = readFileSync(tar).subarray(0, 512);
    const header = Buffer.from(first);
    header.write('L', 156, 'latin1');
    header.write(`${body.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
    header.write('        ', 148, 'latin1');
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    const rest = readFileSync(tar);
    const padded = Buffer.concat([body, Buffer.alloc(512 - (body.length % 512))]);
    writeFileSync(
      join(folder, 'long.tar'),
      Buffer.concat([header, padded, rest.subarray(rest.indexOf('./plain.txt'))]),
    );
    const names: (string | undefined)[] = [];
    for await (const { name } of readForeignTar(createReadStream(join(folder, 'long.tar')))) names.push(name);
    assert.equal(names[0], undefined);
  });

  it('that is sparse, cut, changed in a header, followed by other bytes, or no tar is refused', async () => {
    const sparse = join(source, 'sparse.raw');
    writeFileSync(sparse, 'begin');
    truncateSync(sparse, 10_000_000);
    try {
      for (const format of ['gnu', 'pax']) {
        pack(format, '--sparse');
        await assert.rejects(read(), { code: 'datablock.not-a-tar', message: /sparse|type "S"/ });
      }
    } finally {
      rmSync(sparse);
    }
    pack('gnu');
    const whole = readFileSync(tar);
    const cases: readonly Buffer[] = [
      ...[700, 5000, 100_000].map((size) => whole.subarray(0, size)),
      Buffer.concat([whole.subarray(0, 600), Buffer.from('!'), whole.subarray(601)]),
      Buffer.concat([whole, Buffer.from('more')]),
      Buffer.from('PK\u0003\u0004 this is a zip, or anything else'.repeat(50)),
      Buffer.alloc(0),
    ];
    for (const content of cases) {
      writeFileSync(join(folder, 'bad.tar'), content);
      await assert.rejects(read(join(folder, 'bad.tar')), { code: 'datablock.not-a-tar' });
    }
  });
});
