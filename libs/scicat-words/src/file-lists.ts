import { createHash } from 'node:crypto';
import type { ClaimChecks } from '#claim-check';
import type { DatablockLine } from '#contracts';
import { parseManifest } from '#datablock';
import { PermanentError, stillMoving } from '#kernel';

/** Files that a refusal names of each kind. */
const maxNamed = 5;

/** A file by its path inside the dataset. */
export interface FileOfDataset {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** What datablocks hold that the list does not name, and what it names and they do not hold. */
export interface FileListDifference {
  readonly unlisted: ReadonlySet<string>;
  readonly unarchived: Names;
}

/** Every file counts as path and size, and of each a digest is kept: half a million files fit. */
export async function fileListDifference(
  listed: AsyncIterable<FileOfDataset>,
  archived: AsyncIterable<FileOfDataset>,
): Promise<FileListDifference> {
  const unlisted = new Set<string>();
  for await (const file of archived) unlisted.add(markOf(file));
  const unarchived = new Names();
  for await (const file of listed) if (!unlisted.delete(markOf(file))) unarchived.add(file.path);
  return { unlisted, unarchived };
}

/**
 * Whether datablocks hold exactly the files that the catalogue lists.
 *
 * @param archived read twice where it is not so
 * @throws PermanentError `catalog.file-list-differs`
 */
export async function refuseDifference(
  pid: string,
  listed: AsyncIterable<FileOfDataset>,
  archived: () => AsyncIterable<FileOfDataset>,
): Promise<void> {
  const { unlisted, unarchived } = await fileListDifference(listed, archived());
  if (unarchived.count === 0 && unlisted.size === 0) return;
  const surplus = new Names();
  if (unlisted.size > 0)
    for await (const member of archived()) if (unlisted.has(markOf(member))) surplus.add(member.path);
  throw new PermanentError(
    'catalog.file-list-differs',
    `Expected the datablocks of ${pid} to hold exactly the files that the catalogue lists, found ${unarchived.count} listed and not archived${unarchived.some}, ${surplus.count} archived and not listed with this size${surplus.some}: the file list changed while the job ran. Retry the job.`,
  );
}

/** The files in some datablocks, as their manifests say. */
export async function* membersOf(
  claimChecks: Pick<ClaimChecks, 'read'>,
  lines: readonly DatablockLine[],
): AsyncGenerator<FileOfDataset> {
  for (const { manifest } of lines) {
    yield* parseManifest((await claimChecks.read(manifest)).toString('utf8')).members;
    stillMoving();
  }
}

/** How many, and the first few of them. */
class Names {
  count = 0;
  private readonly first: string[] = [];

  add(name: string): void {
    this.count += 1;
    if (this.first.length < maxNamed) this.first.push(JSON.stringify(name.slice(0, 200)));
  }

  get some(): string {
    if (this.count === 0) return '';
    return ` (${this.first.join(', ')}${this.count > this.first.length ? ', …' : ''})`;
  }
}

function markOf({ path, size }: FileOfDataset): string {
  return createHash('sha256').update(`${size} ${path}`).digest('base64').slice(0, 22);
}
