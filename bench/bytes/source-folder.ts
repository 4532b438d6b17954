import { execFileSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { mkdir, mkdtemp, open, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRegisteredFile, writeDatablock, type DatablockMember } from '#datablock';
import { mebibyte, member, nowhere } from './contents.js';
import { contest, print } from './contest.js';

const filesOfFolder = 200;

/**
 * Files of a source folder against `tar cf - | sha256sum`. Both read from the page cache and throw the tar away, so what is
 * compared is the work for each byte and each file.
 */
export async function sourceFolder(folder: string, mebibytes: number, files: number, rounds: number) {
  const root = await realpath(await mkdtemp(join(folder, 'source-')));
  const large = await makeLarge(root, mebibytes);
  const bytes = await againstTar(root, [large], rounds);
  const one = { what: 'tar | sha256sum', best: bytes.tar };
  const what = `source folder, one file of ${mebibytes} MiB → tar`;
  print({ what, amount: mebibytes, unit: 'MiB/s', ours: bytes.pack, limit: one, target: 1 });
  await rm(join(root, large));
  const paths = await makeSmall(root, files);
  const small = await againstTar(root, paths, rounds);
  const many = { what: 'tar | sha256sum', best: small.tar };
  const small4to12 = `source folder, ${files} files of 4 to 12 KiB → tar`;
  print({ what: small4to12, amount: files, unit: '/s', ours: small.pack, limit: many, target: 1 });
  await rm(root, { recursive: true });
}

async function againstTar(root: string, paths: readonly string[], rounds: number) {
  const members: DatablockMember[] = [];
  for (const path of paths) members.push(await registered(root, path));
  const roots = [...new Set(paths.map((path) => path.split('/')[0] as string))];
  const command = 'cd "$1" && shift && tar cf - -- "$@" | sha256sum';
  return contest(rounds, {
    pack: () => writeDatablock({ identity: {}, members, sink: nowhere }),
    tar: () => Promise.resolve(execFileSync('sh', ['-c', command, 'sh', root, ...roots])),
  });
}

/** As the archiver opens it. */
async function registered(root: string, path: string): Promise<DatablockMember> {
  const { size, mtime } = await stat(join(root, path));
  const file = { path, size, modifiedAt: mtime };
  return { ...member(path, size, () => openRegisteredFile(root, file, 0)), modifiedAt: mtime };
}

async function makeLarge(root: string, mebibytes: number): Promise<string> {
  const handle = await open(join(root, 'large'), 'w');
  const chunk = Buffer.alloc(mebibyte);
  for (let index = 0; index < mebibytes; index += 1) await handle.write(randomFillSync(chunk));
  await handle.close();
  return 'large';
}

async function makeSmall(root: string, count: number): Promise<string[]> {
  const paths: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const parent = `small/d${Math.floor(index / filesOfFolder)}`;
    if (index % filesOfFolder === 0) await mkdir(join(root, parent), { recursive: true });
    const path = `${parent}/f${index}`;
    await writeFile(join(root, path), randomFillSync(Buffer.alloc(4096 + ((index * 37) % 8192))));
    paths.push(path);
  }
  return paths;
}
