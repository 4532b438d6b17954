import { Failure } from '#command-line';
import type { HttpClient } from '../server/http-client.js';
import { digestOfFiles, type Journal } from './journal.js';
import type { FoundFile } from './walk.js';

interface DataFile {
  readonly path: string;
  readonly size: number;
  readonly time: string;
  readonly chk: string;
  readonly perm: string;
}

interface Origdatablock {
  readonly size: number;
  readonly chkAlg: 'sha256';
  readonly dataFileList: readonly DataFile[];
}

const limits = { files: 20_000, bytes: 8 * 2 ** 20 };

/** Cuts a file list into origdatablocks that fit into a request; the same list is always cut the same way. */
export function origdatablocksOf(
  files: readonly FoundFile[],
  checksums: ReadonlyMap<string, string>,
  { files: maxFiles, bytes: maxBytes } = limits,
): Origdatablock[] {
  const blocks: DataFile[][] = [];
  let room = 0;
  for (const file of files) {
    const line = dataFile(file, checksums);
    const length = Buffer.byteLength(JSON.stringify(line));
    if (blocks.length === 0 || room < length || blocks.at(-1)!.length === maxFiles) {
      blocks.push([]);
      room = maxBytes;
    }
    blocks.at(-1)!.push(line);
    room -= length;
  }
  return blocks.map((dataFileList) => ({
    size: dataFileList.reduce((sum, { size }) => sum + size, 0),
    chkAlg: 'sha256',
    dataFileList,
  }));
}

/** Tells the catalogue which files the dataset has. An answer that got lost is found out by counting what is there. */
export async function registerFiles(
  client: HttpClient,
  {
    pid,
    files,
    checksums,
    journal,
  }: { pid: string; files: readonly FoundFile[]; checksums: ReadonlyMap<string, string>; journal: Journal },
): Promise<void> {
  const digest = digestOfFiles(files);
  const before = journal.state.registering;
  const base = `/api/v3/datasets/${encodeURIComponent(pid)}/origdatablocks`;
  const there = before === undefined ? 0 : (await client.get<{ count: number }>(`${base}/count`)).count;
  if (there > 0 && before !== digest)
    throw new Failure(
      'conflict',
      `Files changed after they were registered with dataset ${pid}. Run the same command with --new to make another dataset.`,
    );
  journal.record({ kind: 'registering', digest });
  const blocks = origdatablocksOf(files, checksums);
  for (const block of blocks.slice(there)) await client.post(base, block);
}

function dataFile(
  { path, size, modifiedAt, permissions }: FoundFile,
  checksums: ReadonlyMap<string, string>,
): DataFile {
  const chk = checksums.get(path) ?? '';
  return { path, size, time: modifiedAt.toISOString(), chk, perm: permissions.toString(8).padStart(3, '0') };
}
