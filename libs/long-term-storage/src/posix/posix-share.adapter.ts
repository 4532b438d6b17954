import { constants } from 'node:fs';
import {
  lstat,
  mkdir,
  open,
  opendir,
  rename,
  rmdir,
  stat,
  statfs,
  unlink,
  type FileHandle,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { CatenaError } from '#kernel';
import {
  LongTermStorage,
  type FileSetAside,
  type LongTermFile,
  type LongTermReadOptions,
  type LongTermWriter,
} from '../long-term-storage.js';
import { IdentityFile } from '../identity/storage-identity.js';
import {
  asideName,
  asideOf,
  checkedName,
  checkedPrefix,
  identityName,
  isPartialOf,
  isReserved,
  partialName,
  publishingSuffix,
} from '../names.js';
import { rangeOf } from '../range.js';
import { registerStorage } from '../storage-at.js';
import { registerTarget } from '../targets.js';
import { errnoOf, shareError, unavailable, unsafeLink } from './share-errors.js';
import { ShareReader, dropFromPageCache } from './share-reader.js';
import { assertNotReadOnly, markOf, syncFolder } from './share-looks.js';
import { publish } from './publish.js';
import { ShareWriter } from './share-writer.js';

/** Where the share is and how to recognise it. */
export interface PosixShareOptions {
  /** What operators call it. */
  readonly name: string;
  /** Absolute path of the folder under which everything lies. Never created: a missing root is a missing mount. */
  readonly root: string;
  /**
   * A file that exists below the root only while the share is mounted. Without it, an empty mount point passes for the
   * share and would fill the disk below it.
   */
  readonly marker?: string;
  /** False for shares that cannot link, which saves one failing call per file. Default true: tried, with a fallback. */
  readonly hardLinks?: boolean;
}

/**
 * Long-term storage on a mounted file system. Links below the root are never followed, whether they lead out of it or
 * not. That is checked before use, not atomically: the root must not be writable for accounts that are not trusted.
 */
export class PosixShare extends LongTermStorage {
  constructor(private readonly options: PosixShareOptions) {
    super();
  }

  override get name(): string {
    return this.options.name;
  }

  override get identity(): IdentityFile {
    return new IdentityFile(this);
  }

  override async create(name: string, token: string): Promise<LongTermWriter> {
    const partial = this.pathOf(partialName(name, token));
    return this.explained(name, async () => {
      await this.removeFile(partial);
      return new ShareWriter({
        share: this.name,
        name,
        partial,
        final: this.pathOf(name),
        hardLinks: this.options.hardLinks ?? true,
        handle: await this.createFile(name, partial),
        syncFolders: () => this.syncFolders(name),
        lookFor: (look) => this.lookFor(look),
        faultOf: (error) => this.faultOf(name, error),
      });
    });
  }

  override read(name: string, options: LongTermReadOptions = {}): Promise<Readable> {
    const path = this.pathOf(checkedName(name));
    return this.explained(name, async () => {
      await this.assertPlainFile(name);
      if (options.fresh === true) await dropFromPageCache(path);
      const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        const found = await handle.stat();
        if (!found.isFile()) throw unsafeLink(this.name, name);
        const { start, end } = rangeOf(name, found.size, options);
        return new ShareReader(handle, start, end, (error) => shareError(this.name, name, error));
      } catch (error) {
        await handle.close();
        throw error;
      }
    });
  }

  override async stat(name: string): Promise<{ size: number } | undefined> {
    const path = this.pathOf(checkedName(name));
    return this.explained(name, () =>
      this.lookFor(async () => {
        await this.assertPlainFile(name);
        return { size: (await lstat(path)).size };
      }),
    );
  }

  override async markOf(name: string): Promise<string | undefined> {
    const path = this.pathOf(checkedName(name));
    return this.explained(name, () =>
      this.lookFor(async () => {
        await this.assertPlainFile(name);
        return markOf(path);
      }),
    );
  }

  override assertWritable(): Promise<void> {
    return this.explained('', () => assertNotReadOnly(this.options.root));
  }

  override async remove(name: string): Promise<void> {
    const path = this.pathOf(checkedName(name));
    await this.explained(name, async () => {
      if (!(await this.hasFolders(name))) return;
      await this.removeFile(path);
      await this.assertMounted();
      await this.pruneFolders(name);
    });
  }

  override async setAside(name: string, token: string): Promise<boolean> {
    const [path, aside] = [this.pathOf(checkedName(name)), this.pathOf(asideName(name, token))];
    return this.explained(name, async () => {
      const moved = await this.lookFor(async () => {
        await this.assertPlainFile(name);
        await rename(path, aside);
        return true;
      });
      if (moved === true) await this.syncFolders(name);
      return moved === true;
    });
  }

  override async bringBack(name: string, token: string): Promise<boolean> {
    const asideAs = asideName(name, token);
    return this.explained(name, async () => {
      const back = await this.lookFor(async () => {
        await this.assertPlainFile(asideAs);
        await publish(this.pathOf(asideAs), this.pathOf(name), this.options.hardLinks ?? true);
        return true;
      });
      if (back === true) await this.syncFolders(name);
      return back === true;
    });
  }

  override async removeSetAside(name: string, token: string): Promise<void> {
    const path = this.pathOf(asideName(name, token));
    await this.explained(name, async () => {
      if (!(await this.hasFolders(name))) return;
      await this.removeFile(path);
      await this.assertMounted();
      await this.pruneFolders(name);
    });
  }

  override freeBytes(): Promise<number> {
    return this.explained('', async () => {
      const { bavail, bsize } = await statfs(this.options.root);
      return bavail * bsize;
    });
  }

  override async *list(prefix: string): AsyncGenerator<LongTermFile, void, undefined> {
    for await (const file of this.allBelow(prefix)) if (!isReserved(lastOf(file.name))) yield file;
  }

  override async *listSetAside(prefix: string): AsyncGenerator<FileSetAside, void, undefined> {
    for await (const { name, size } of this.allBelow(prefix)) {
      const last = lastOf(name);
      const aside = asideOf(last);
      if (aside !== undefined)
        yield { name: name.slice(0, -last.length) + aside.name, token: aside.token, size };
    }
  }

  /** Finished or not: callers sort out what they want. */
  private async *allBelow(prefix: string): AsyncGenerator<LongTermFile, void, undefined> {
    const { folder, rest } = checkedPrefix(prefix);
    await this.assertMounted();
    try {
      await this.assertPlainFolders(`${folder}/`);
      yield* this.walk(folder, rest);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw shareError(this.name, prefix, error);
    }
    // A share that went away looks like an empty one.
    await this.assertMounted();
  }

  override removePartials(name: string, { exceptToken }: { exceptToken?: string } = {}): Promise<number> {
    const path = this.pathOf(checkedName(name));
    const last = path.slice(path.lastIndexOf('/') + 1);
    const kept = exceptToken === undefined ? '' : this.pathOf(partialName(name, exceptToken));
    return this.explained(name, async () => {
      let removed = 0;
      if (!(await this.hasFolders(name))) return removed;
      for await (const { name: entry } of entriesOf(dirname(path))) {
        const found = join(dirname(path), entry);
        if (!isPartialOf(entry, last) && entry !== `${last}${publishingSuffix}`) continue;
        if (found === kept) continue;
        await this.removeFile(found);
        removed += 1;
      }
      await this.assertMounted();
      return removed;
    });
  }

  private pathOf(name: string): string {
    return `${this.options.root}/${name}`;
  }

  private async explained<T>(name: string, action: () => Promise<T>): Promise<T> {
    await this.assertMounted();
    try {
      return await action();
    } catch (error) {
      throw await this.faultOf(name, error);
    }
  }

  private async faultOf(name: string, error: unknown): Promise<CatenaError> {
    // What is missing may be the whole share, gone since it was last seen.
    if (errnoOf(error) === 'ENOENT') await this.assertMounted();
    return shareError(this.name, name, error);
  }

  /** Undefined for what is missing from a share that is there: it may come back between the look and the question. */
  private async lookFor<T>(look: () => Promise<T>): Promise<T | undefined> {
    for (const isLast of [false, true]) {
      try {
        return await look();
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') throw error;
        if (!isLast) await this.assertMounted();
      }
    }
    return undefined;
  }

  private async assertMounted(): Promise<void> {
    const { root, marker } = this.options;
    const wanted = marker === undefined ? root : join(root, marker);
    try {
      const [folder] = await Promise.all([stat(root), stat(wanted)]);
      if (folder.isDirectory()) return;
    } catch (cause) {
      throw unavailable(this.name, `Expected ${wanted}, found nothing that can be read.`, {
        details: { storage: this.name, root },
        cause,
      });
    }
    throw unavailable(this.name, `Expected the folder ${root}, found something else.`);
  }

  private async assertPlainFile(name: string): Promise<void> {
    await this.assertPlainFolders(name);
    if (!(await lstat(this.pathOf(name))).isFile()) throw unsafeLink(this.name, name);
  }

  /** Every folder of the name on its own, as the operating system would silently follow a link in the middle. */
  private async assertPlainFolders(name: string): Promise<void> {
    for (let slash = name.indexOf('/'); slash > 0; slash = name.indexOf('/', slash + 1)) {
      const found = await lstat(this.pathOf(name.slice(0, slash)));
      if (!found.isDirectory()) throw unsafeLink(this.name, name);
    }
  }

  private async hasFolders(name: string): Promise<boolean> {
    const found = await this.lookFor(async () => {
      await this.assertPlainFolders(name);
      return true;
    });
    return found === true;
  }

  private async createFile(name: string, path: string): Promise<FileHandle> {
    for (let attempt = 0; ; attempt += 1) {
      await this.makeFolders(name);
      try {
        return await open(path, 'wx');
      } catch (error) {
        // A `remove` may just have pruned the folder, as it was empty.
        if (errnoOf(error) !== 'ENOENT' || attempt === 3) throw error;
      }
    }
  }

  private async makeFolders(name: string): Promise<void> {
    for (let slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) {
      const folder = this.pathOf(name.slice(0, slash));
      try {
        await mkdir(folder);
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error;
        if (!(await lstat(folder)).isDirectory()) throw unsafeLink(this.name, name);
      }
    }
  }

  private async removeFile(path: string): Promise<void> {
    try {
      await unlink(path);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }

  /** Empty folders of removed files; one that has been filled meanwhile stays. */
  private async pruneFolders(name: string): Promise<void> {
    for (let slash = name.lastIndexOf('/'); slash > 0; slash = name.lastIndexOf('/', slash - 1)) {
      try {
        await rmdir(this.pathOf(name.slice(0, slash)));
      } catch {
        return;
      }
    }
  }

  private async syncFolders(name: string): Promise<void> {
    for (let folder = dirname(name); ; folder = dirname(folder)) {
      await syncFolder(folder === '.' ? this.options.root : this.pathOf(folder));
      if (folder === '.') return;
    }
  }

  private async *walk(folder: string, start: string): AsyncGenerator<LongTermFile, void, undefined> {
    for await (const entry of entriesOf(folder === '' ? this.options.root : this.pathOf(folder))) {
      if (!entry.name.startsWith(start)) continue;
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (name === this.options.marker || name === identityName || name === ofFileSystem) continue;
      if (entry.isDirectory()) yield* this.walk(name, '');
      if (!entry.isFile()) continue;
      const found = await this.lookFor(() => lstat(this.pathOf(name)));
      if (found?.isFile() === true) yield { name, size: found.size };
    }
  }
}

/** What a file system keeps for itself in its own root. */
const ofFileSystem = 'lost+found';

function lastOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

async function* entriesOf(
  folder: string,
): AsyncGenerator<{ name: string; isFile(): boolean; isDirectory(): boolean }, void, undefined> {
  try {
    yield* await opendir(folder);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

registerStorage('posix', ({ place, marker }) => new PosixShare({ name: place, root: place, marker }));

/** A mounted folder: `place`, and `marker` where it has one. */
registerTarget('share', (name, options) => {
  const root = options.folder('place');
  const marker = options.optionalText('marker', 'the name of a file', /^[^/\0]+$/);
  return () => new PosixShare({ name, root, ...(marker === undefined ? {} : { marker }) });
});
