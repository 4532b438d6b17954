import { readDatablock, readManifest } from '#datablock';
import { Failure, nameText, type Progress } from '#command-line';
import type { TargetFolder } from './target-folder.js';

export interface UnpackOptions {
  readonly folder: TargetFolder;
  readonly overwrite: boolean;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Names in other datablocks that no file under way may have. */
  readonly taken: ReadonlySet<string>;
  /** Whether a file is to be restored: a datablock may bring more than was asked for. */
  readonly isWanted: (path: string) => boolean;
}

export interface Unpacked {
  readonly written: number;
  readonly alreadyThere: number;
}

/**
 * Puts the files of one datablock into a folder, each checked against its checksum before it gets its name.
 *
 * @param open begins reading the datablock; called once for its table of contents, and again only if a file is missing
 */
export async function unpack(
  open: () => AsyncIterable<Uint8Array>,
  size: number,
  options: UnpackOptions,
): Promise<Unpacked> {
  const { folder, overwrite, progress, signal, isWanted } = options;
  const members = (await readManifest(open())).members.filter(({ path }) => isWanted(path));
  const states = new Map<string, 'absent' | 'same' | 'different'>();
  for (const member of members) {
    const state = await folder.stateOf(member, signal);
    if (state === 'different' && !overwrite) throw inTheWay(member.path);
    states.set(member.path, state);
    if (state === 'same') await folder.restoreAttributes(member);
  }
  const missing = members.filter(({ path }) => states.get(path) !== 'same');
  if (missing.length === 0) progress.advance(size);
  else await writeMissing(counted(open(), progress), (path) => states.get(path), options);
  return { written: missing.length, alreadyThere: members.length - missing.length };
}

async function writeMissing(
  stream: AsyncIterable<Uint8Array>,
  stateOf: (path: string) => string | undefined,
  { folder, signal, taken }: UnpackOptions,
): Promise<void> {
  for await (const member of readDatablock(stream)) {
    signal.throwIfAborted();
    const state = stateOf(member.path);
    if (state === 'absent' || state === 'different')
      await folder.write(member, member.content, (path) => stateOf(path) !== undefined || taken.has(path));
  }
}

async function* counted(stream: AsyncIterable<Uint8Array>, progress: Progress): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    yield chunk;
    progress.advance(chunk.length);
  }
}

function inTheWay(path: string): Failure {
  return new Failure(
    'conflict',
    `Expected nothing or the same content at ${nameText(path)}, found a file with other content. Choose another folder, or replace such files with --overwrite.`,
  );
}
