import { Inject, Injectable } from '@nestjs/common';
import type { ObjectReference, OriginalsSource } from '#contracts';
import type { ManifestMember } from '#datablock';
import { formerPidName, messageOf, PermanentError, pidAsName } from '#kernel';
import { ObjectStore } from '#storage';
import { DatablockLists } from '../originals/datablock-lists.js';
import { unlessLost } from '#claim-check';
import { Originals } from '../originals/originals.js';
import type { OriginalLine } from '../originals/read-versions.js';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { CatalogueWord, type NamedDatablock } from '../catalog/catalogue-word.js';
import { Datablocks } from '../persistence/datablocks.js';
import { isDamaged } from '../persistence/stored-copies.js';

const lookUpsAtOnce = 8;
/** Files between two signs of life. */
const page = 1000;

/** Files of a tar that are not known to be anywhere else, by their paths. */
type Unproven = Map<string, ManifestMember>;
type Beat = () => Promise<void>;

/**
 * Whether the files of a dataset that was reset lie anywhere but in the tar that was set aside. Originals may have been
 * released, purged or replaced before or after the reset: then the tar is all there is. Names prove nothing, and neither
 * does what owners may write into the catalogue: each file must be where it was read, as it was read, or in a newer
 * datablock that Catena itself has verified.
 */
@Injectable()
export class DataElsewhere {
  constructor(
    private readonly datablocks: Datablocks,
    private readonly catalogue: CatalogueWord,
    private readonly objects: ObjectStore,
    private readonly originals: Originals,
    private readonly lists: DatablockLists,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  /**
   * @param beat is called now and then, for a proof may take long
   * @throws PermanentError `archiver.originals-missing`
   * @throws TransientError `archiver.source-away` and others, when nothing can be said now
   */
  async assert({ pid, archiveId }: NamedDatablock, beat: Beat): Promise<void> {
    // A client that removes a dataset wants none of it.
    if (!(await this.catalogue.has(pid))) return;
    const datablock = await this.datablocks.found(archiveId);
    // The mark of one that was discarded without having been recorded has nothing but its name.
    if (datablock?.pid !== pid || datablock.manifest === undefined)
      throw missing(archiveId, 'no record of what was read into it');
    const unproven = await this.membersOf(datablock.manifest);
    if (unproven === undefined) throw missing(archiveId, 'no list of what was read into it any more');
    const count = unproven.size;
    const { originals, source } = datablock;
    let complaint = '';
    if (originals !== undefined) await this.strikeObjects(unproven, pid, originals, beat);
    else if (source?.kind === 'source-folder')
      complaint = await this.strikeFiles(unproven, pid, source, beat);
    else complaint = ' (nobody knows where it was read from)';
    if (unproven.size > 0) await this.strikeArchived(unproven, { pid, archiveId }, beat);
    if (unproven.size === 0) return;
    const [first] = unproven.keys();
    throw missing(
      archiveId,
      `${unproven.size} of ${count} missing or changed, among them ${JSON.stringify(first)}${complaint}`,
    );
  }

  /** Undefined when the list is gone: it goes when its work order is forgotten. */
  private async membersOf(manifest: ObjectReference): Promise<Unproven | undefined> {
    const found = await unlessLost(this.lists.manifestOf(manifest));
    return found === undefined ? undefined : new Map(found.members.map((member) => [member.path, member]));
  }

  /** Objects of the landing zone that are the very versions that were read. */
  private async strikeObjects(
    unproven: Unproven,
    pid: string,
    reference: ObjectReference,
    beat: Beat,
  ): Promise<void> {
    const lines = (await unlessLost(this.lists.linesOf<OriginalLine>(reference))) ?? [];
    const places = [pidAsName(pid), formerPidName(pid)].map((name) => `${name}/`);
    const known = lines.filter(
      ({ path, key, sha256 }) =>
        unproven.get(path)?.sha256 === sha256 && places.some((place) => key.startsWith(place)),
    );
    await inPages(known, beat, async ({ path, key, etag }) => {
      if ((await this.objects.head(this.config.landingZoneBucket, key))?.etag === etag) unproven.delete(path);
    });
  }

  /** @returns why the folder proves nothing, for people */
  private async strikeFiles(
    unproven: Unproven,
    pid: string,
    source: OriginalsSource,
    beat: Beat,
  ): Promise<string> {
    try {
      const isUnchanged = await this.originals.folderOf(pid, source);
      await inPages([...unproven.values()], beat, async (member) => {
        if (await isUnchanged(member)) unproven.delete(member.path);
      });
      return '';
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      return ` (${messageOf(error)})`;
    }
  }

  /** Files that newer datablocks hold, by the archiver's own records: verified, undamaged, and listed by the catalogue. */
  private async strikeArchived(
    unproven: Unproven,
    { pid, archiveId }: NamedDatablock,
    beat: Beat,
  ): Promise<void> {
    const others = this.datablocks.othersVerified({ pid, _id: archiveId });
    for await (const { _id, copies = [], manifest } of others) {
      await beat();
      // A tar that was brought back without a record of what is in it proves nothing.
      if (manifest === undefined || copies.length === 0 || copies.some(isDamaged)) continue;
      if (!(await this.catalogue.listsOf({ pid, archiveId: _id }))) continue;
      for (const { path, sha256 } of (await unlessLost(this.lists.manifestOf(manifest)))?.members ?? [])
        if (unproven.get(path)?.sha256 === sha256) unproven.delete(path);
      if (unproven.size === 0) return;
    }
  }
}

/** Some at once, with a sign of life before each page. */
async function inPages<Item>(
  items: readonly Item[],
  beat: Beat,
  look: (item: Item) => Promise<void>,
): Promise<void> {
  for (let at = 0; at < items.length; at += page) {
    await beat();
    const waiting = items.slice(at, at + page).values();
    const lane = async (): Promise<void> => {
      for (const item of waiting) await look(item);
    };
    await Promise.all(Array.from({ length: lookUpsAtOnce }, lane));
  }
}

function missing(archiveId: string, found: string): PermanentError {
  return new PermanentError(
    'archiver.originals-missing',
    `Expected every file of ${archiveId} where it was read and unchanged, or in a newer datablock, found ${found}: the dataset was reset, and this tar may be all there is of it. Bring it back, upload the files again and archive the dataset, or remove the tar with without-originals=true.`,
    { details: { archiveId } },
  );
}
