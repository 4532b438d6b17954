import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { ObjectReference } from '#contracts';
import { manifestToJson, parseManifest, type DatablockManifest, type ManifestMember } from '#datablock';
import { ObjectStore } from '#storage';
import type { ArchiverConfig } from '../archiver.config.js';
import { ConfigToken } from '../archiver.tokens.js';
import { areOf, type OriginalLine } from './read-versions.js';

/** The lists that are kept beside a datablock: its manifest, and which objects of the landing zone are in it. */
@Injectable()
export class DatablockLists {
  constructor(
    private readonly objects: ObjectStore,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  keepManifest(archiveId: string, manifest: DatablockManifest): Promise<ObjectReference> {
    const body = Buffer.from(manifestToJson(manifest));
    parseManifest(body.toString('utf8'));
    return this.keep(`manifests/${archiveId}.json`, body, 'application/json');
  }

  async keepOriginals(archiveId: string, lines: readonly OriginalLine[]): Promise<void> {
    if (lines.length === 0) return;
    const body = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    await this.keep(originalsKey(archiveId), body, 'application/x-ndjson');
  }

  /** What was read for a tar with these members; undefined when that is not known, or is of another try. */
  async originalsOf(
    archiveId: string,
    members: readonly ManifestMember[],
  ): Promise<{ readonly lines: readonly OriginalLine[]; readonly reference: ObjectReference } | undefined> {
    const [bucket, key] = [this.config.controlBucket, originalsKey(archiveId)];
    if ((await this.objects.head(bucket, key)) === undefined) return undefined;
    const chunks: Buffer[] = [];
    for await (const chunk of (await this.objects.get(bucket, key)) as AsyncIterable<Buffer>)
      chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const lines = body
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as OriginalLine);
    return areOf(lines, members) ? { lines, reference: referenceTo(bucket, key, body) } : undefined;
  }

  /** Paths of originals that are no longer the versions that were read, in the order of the landing zone. */
  async changedSince(prefixes: readonly string[], lines: readonly OriginalLine[]): Promise<string[]> {
    const read = new Map(lines.map((line) => [line.key, line]));
    const changed: string[] = [];
    for (const prefix of prefixes)
      for await (const { key, etag } of this.objects.list(this.config.landingZoneBucket, `${prefix}/`)) {
        const line = read.get(key);
        if (line !== undefined && line.etag !== etag) changed.push(line.path);
        read.delete(key);
      }
    return [...changed, ...[...read.values()].map(({ path }) => path)];
  }

  private async keep(key: string, body: Buffer, contentType: string): Promise<ObjectReference> {
    const bucket = this.config.controlBucket;
    await this.objects.put(bucket, key, body, { size: body.length, contentType });
    return referenceTo(bucket, key, body);
  }
}

function originalsKey(archiveId: string): string {
  return `originals/${archiveId}.ndjson`;
}

function referenceTo(bucket: string, key: string, body: Buffer): ObjectReference {
  return { bucket, key, size: body.length, sha256: createHash('sha256').update(body).digest('hex') };
}
