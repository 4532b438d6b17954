import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import type { FileLine, ObjectReference, OriginalsSource } from '#contracts';
import { memberFromFile, type DatablockMember } from '#datablock';
import { PermanentError, safeRelativePath, TransientError } from '#kernel';
import { ObjectStore } from '#storage';
import type { ArchiverConfig } from '../archiver.config.js';
import { ConfigToken } from '../archiver.tokens.js';

/** The original files of a datablock: their list, and how to open them where they lie. */
@Injectable()
export class Originals {
  constructor(
    private readonly store: ObjectStore,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  /** Reads the file list a message refers to and believes it only when its checksum agrees. */
  async list(reference: ObjectReference): Promise<FileLine[]> {
    const chunks: Buffer[] = [];
    for await (const chunk of (await this.store.get(
      reference.bucket,
      reference.key,
    )) as AsyncIterable<Buffer>)
      chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const found = createHash('sha256').update(body).digest('hex');
    if (found !== reference.sha256) {
      throw new TransientError(
        'archiver.list-damaged',
        `Expected ${reference.bucket}/${reference.key} with SHA-256 ${reference.sha256}, found ${found}.`,
      );
    }
    return body
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as FileLine);
  }

  async members(source: OriginalsSource, files: readonly FileLine[]): Promise<DatablockMember[]> {
    const open =
      source.kind === 'source-folder' ? await this.fromFolder(source.location) : this.fromBucket(source);
    return files.map((file) => ({
      path: safeRelativePath(file.path),
      size: file.size,
      modifiedAt: new Date(file.time),
      ...(file.perm !== undefined && /^[0-7]{3,4}$/.test(file.perm)
        ? { permissions: parseInt(file.perm, 8) & 0o777 }
        : {}),
      ...(file.sha256 === undefined ? {} : { expectedSha256: file.sha256 }),
      open: () => open(file),
    }));
  }

  private fromBucket({
    bucket,
    location,
  }: OriginalsSource): (file: FileLine) => Promise<AsyncIterable<Uint8Array>> {
    return (file) => this.store.get(bucket ?? '', `${location}/${file.path}`);
  }

  private async fromFolder(folder: string): Promise<(file: FileLine) => Promise<AsyncIterable<Uint8Array>>> {
    const root = await this.admitted(folder);
    return async (file) => {
      const resolved = await realpath(join(root, safeRelativePath(file.path)));
      if (!isBelow(resolved, root)) {
        throw new PermanentError(
          'archiver.source-refused',
          `Expected ${JSON.stringify(file.path)} inside the dataset's folder, found a link that leads out of it. Replace the link by the file.`,
        );
      }
      const member = await memberFromFile(root, file.path);
      if (member.size !== file.size) {
        throw new PermanentError(
          'datablock.member-changed',
          `Expected ${JSON.stringify(file.path)} of ${file.size} bytes, found ${member.size}: it changed after it was registered.`,
        );
      }
      return member.open();
    };
  }

  /** The folder itself, links resolved, if it lies below a configured root. */
  private async admitted(folder: string): Promise<string> {
    const resolved = await realpath(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR')
        throw new PermanentError(
          'archiver.originals-incomplete',
          `Expected the source folder ${folder}, found none: is it mounted on the archiver?`,
        );
      throw error;
    });
    const roots = await Promise.all(
      this.config.sourceFolderRoots.map((root) => realpath(root).catch(() => root)),
    );
    if (!roots.some((root) => isBelow(resolved, root))) {
      throw new PermanentError(
        'archiver.source-refused',
        `Expected a source folder below ${this.config.sourceFolderRoots.join(', ') || 'SOURCE_FOLDER_ROOTS (none is set)'}, found ${folder}.`,
      );
    }
    return resolved;
  }
}

function isBelow(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith('/') ? root : `${root}/`);
}
