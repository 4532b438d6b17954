import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { ClaimChecks } from '#claim-check';
import type { ObjectReference, PinLine } from '#contracts';
import { manifestToJson, parseManifest, type DatablockManifest, type ManifestMember } from '#datablock';
import { ObjectStore } from '#storage';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { areOf, type OriginalLine } from './read-versions.js';

/** Entries of a listing that are looked through for each file of a datablock, and at least. */
const listedForEach = 4;
const listedAtLeast = 4000;
const lookUpsAtOnce = 8;

/** The lists that are kept beside a datablock: its manifest, and which objects of the landing zone are in it. */
@Injectable()
export class DatablockLists {
  constructor(
    private readonly objects: ObjectStore,
    private readonly claimChecks: ClaimChecks,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  /** What a reference of a work order, or of a datablock's record, points to: a list of files or of originals. */
  linesOf<Line>(reference: ObjectReference): Promise<Line[]> {
    return this.claimChecks.readLines<Line>(reference);
  }

  keepManifest(archiveId: string, manifest: DatablockManifest): Promise<ObjectReference> {
    const body = Buffer.from(manifestToJson(manifest));
    parseManifest(body.toString('utf8'));
    return this.claimChecks.keep(manifestKey(archiveId), body, 'application/json');
  }

  /**
   * The manifest of a tar that an earlier system made: under its own checksum, so that no other reading of the same name writes over it.
   * It stays as long as the record of the datablock.
   */
  keepAdopted(archiveId: string, manifest: DatablockManifest): Promise<ObjectReference> {
    const body = Buffer.from(manifestToJson(manifest));
    parseManifest(body.toString('utf8'));
    const digest = createHash('sha256').update(body).digest('hex');
    return this.claimChecks.keep(`adopted/${archiveId}/${digest}.json`, body, 'application/json');
  }

  /** One that no record refers to. */
  dropAdopted({ key }: ObjectReference): Promise<void> {
    return this.claimChecks.remove([key]);
  }

  async isThere({ bucket, key, size }: ObjectReference): Promise<boolean> {
    return (await this.objects.head(bucket, key))?.size === size;
  }

  /** @throws PermanentError `storage.reference-lost` when it went with its work order */
  async manifestOf(reference: ObjectReference): Promise<DatablockManifest> {
    return parseManifest((await this.claimChecks.read(reference)).toString('utf8'));
  }

  async keepOriginals(archiveId: string, lines: readonly OriginalLine[]): Promise<void> {
    if (lines.length === 0) return;
    await this.claimChecks.keepLines(originalsKey(archiveId), lines);
  }

  /** What was read for a tar with these members; undefined when that is not known, or is of another try. */
  async originalsOf(
    archiveId: string,
    members: readonly ManifestMember[],
  ): Promise<{ readonly lines: readonly OriginalLine[]; readonly reference: ObjectReference } | undefined> {
    const found = await this.claimChecks.findLines<OriginalLine>(originalsKey(archiveId));
    return found !== undefined && areOf(found.lines, members) ? found : undefined;
  }

  /**
   * Paths of originals that are no longer the versions that were read. A listing is cheapest where the datablock is most of
   * its dataset; of a small part of a large one each object is looked up, so that many datablocks do not list it all.
   */
  async changedSince(
    prefixes: readonly string[],
    lines: readonly OriginalLine[],
    signal: AbortSignal,
  ): Promise<string[]> {
    const unseen = new Map(lines.map((line) => [line.key, line]));
    const changed: string[] = [];
    let budget = listedForEach * lines.length + listedAtLeast;
    for (const prefix of prefixes)
      for await (const { key, etag } of this.objects.list(this.config.landingZoneBucket, `${prefix}/`)) {
        if (budget === 0 || unseen.size === 0) break;
        budget -= 1;
        if (budget % 1000 === 0) signal.throwIfAborted();
        // A listing may lag behind: only the look at the object itself says that it is another.
        if (unseen.get(key)?.etag === etag) unseen.delete(key);
      }
    const waiting = unseen.values();
    const lane = async (): Promise<void> => {
      for (const { key, etag, path } of waiting) {
        signal.throwIfAborted();
        if ((await this.objects.head(this.config.landingZoneBucket, key))?.etag !== etag) changed.push(path);
      }
    };
    await Promise.all(Array.from({ length: lookUpsAtOnce }, lane));
    return changed.sort();
  }

  /** What is answered to an order about copies. Each try has an object of its own: one that was overtaken writes over no other. */
  keepAnswer(workOrderId: string, epoch: number, lines: readonly PinLine[]): Promise<ObjectReference> {
    return this.claimChecks.keepLines(`${answerPrefix(workOrderId)}${epoch}.ndjson`, lines);
  }

  forgetAnswer(workOrderId: string): Promise<void> {
    return this.claimChecks.removeBelow(answerPrefix(workOrderId));
  }

  /** Takes the lists of a datablock away, for good. */
  remove(archiveId: string): Promise<void> {
    return this.claimChecks.remove([manifestKey(archiveId), originalsKey(archiveId)]);
  }
}

function manifestKey(archiveId: string): string {
  return `manifests/${archiveId}.json`;
}

function originalsKey(archiveId: string): string {
  return `originals/${archiveId}.ndjson`;
}

function answerPrefix(workOrderId: string): string {
  return `pins/${workOrderId.replaceAll('/', ',')},`;
}
