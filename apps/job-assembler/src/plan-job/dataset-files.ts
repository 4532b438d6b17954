import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { FileLine } from '#contracts';
import { isDirectoryEntry, listedPath, PermanentError } from '#kernel';
import { CatalogClient, type CatalogFile } from '../catalog/catalog-client.js';
import { FileSplitter } from '../domain/split-files.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';

/** A dataset's real file lists, checked and cut into datablocks, never held whole. */
@Injectable()
export class DatasetFiles {
  constructor(
    private readonly catalog: CatalogClient,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
  ) {}

  /**
   * @param moved called for each block that was read: a datablock may take its files from thousands of them
   * @throws PermanentError `kernel.unsafe-path`, `assembly.duplicate-path`
   */
  async *split(pid: string, sourceFolder: string, moved: () => Promise<void>): AsyncGenerator<FileLine[]> {
    const splitter = new FileSplitter(this.config.split);
    const seen = new Set<string>();
    for await (const block of this.catalog.fileBlocks(pid)) {
      await moved();
      for (const file of block.dataFileList) {
        if (isDirectoryEntry(file)) continue;
        const line = lineOf(file, sourceFolder, block.chkAlg);
        const mark = createHash('sha1').update(line.path).digest('base64').slice(0, 14);
        if (seen.has(mark))
          throw new PermanentError(
            'assembly.duplicate-path',
            `Expected every path once in dataset ${pid}, found ${JSON.stringify(line.path)} twice: correct its origdatablocks.`,
          );
        seen.add(mark);
        const closed = splitter.add(line);
        if (closed !== undefined) yield closed;
      }
    }
    const rest = splitter.rest();
    if (rest.length > 0) yield rest;
  }
}

function lineOf(
  { path, size, time, perm, chk }: CatalogFile,
  sourceFolder: string,
  chkAlg: string | undefined,
): FileLine {
  const sha256 =
    /^sha-?256$/i.test(chkAlg ?? '') && chk !== undefined && /^[0-9a-f]{64}$/i.test(chk)
      ? { sha256: chk.toLowerCase() }
      : {};
  return {
    path: listedPath(path, sourceFolder),
    size,
    time,
    ...(perm === undefined ? {} : { perm }),
    ...sha256,
  };
}
