import { Injectable } from '@nestjs/common';
import type { ArchiveDatablockV1, ObjectReference } from '#contracts';
import { verifyDatablock, type DatablockManifest, type VerifiedDatablock } from '#datablock';
import { Clock, PermanentError } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { DatablockLists } from '../originals/datablock-lists.js';
import { readBack } from '../persistence/stored-copies.js';
import type { StoredCopy } from '../persistence/records.js';
import { CopyProofs, type SeenBytes } from './copy-proofs.js';
import { areWanted, CopyWriter, type Packing } from './copy-writer.js';
import { assertRoom } from './targets-ready.js';

/** A first copy that was read back, and what it was compared with. */
interface ProvenFirst {
  readonly manifest: DatablockManifest;
  readonly reference: ObjectReference;
  readonly verified: VerifiedDatablock;
  readonly verifiedAt: Date;
}

/** Makes copies and reads each back once: what an earlier try of the same order has read a short time ago is not read again. */
@Injectable()
export class ProvenCopies {
  constructor(
    private readonly writer: CopyWriter,
    private readonly lists: DatablockLists,
    private readonly proofs: CopyProofs,
    private readonly clock: Clock,
  ) {}

  /** @throws TransientError `long-term-storage.full` */
  assertRoom(
    targets: readonly LongTermStorage[],
    file: { readonly archiveId: string; readonly packedSize: number },
  ): Promise<void> {
    return assertRoom(targets, file, (share) => this.writer.reserveOf(share));
  }

  /** As {@link CopyWriter.makeWay}. */
  makeWay(
    share: LongTermStorage,
    order: ArchiveDatablockV1,
    reason: string,
    mark: string | undefined,
  ): Promise<void> {
    return this.writer.makeWay(share, order, reason, mark);
  }

  /** The copy that is made from the originals. */
  async first(share: LongTermStorage, packing: Packing): Promise<ProvenFirst> {
    const { order, context, meter } = packing;
    const { workOrderId, archiveId } = order;
    const known = await this.knownFirst(share, packing);
    if (known !== undefined) {
      meter.next('verifying');
      return known;
    }
    let before = await this.proofs.look(share, archiveId);
    const made = await this.writer.first(share, packing);
    const { manifest } = made;
    meter.next('verifying');
    let { verified } = made;
    if (verified === undefined) {
      before = await this.proofs.look(share, archiveId);
      const bytes = await readBack(share, archiveId, { fresh: true, signal: context.signal });
      verified = await verifyDatablock(meter.watch(bytes, context.signal), manifest);
    }
    const verifiedAt = this.clock.now();
    const reference = await this.lists.keepManifest(archiveId, manifest);
    const read = { ...verified, manifest: reference };
    await this.proofs.keep({ workOrderId, epoch: context.epoch }, { share, archiveId }, before, read);
    return { manifest, reference, verified, verifiedAt };
  }

  /** A copy that is made from one that was read back. */
  async further(
    from: LongTermStorage,
    to: LongTermStorage,
    verified: VerifiedDatablock,
    packing: Pick<Packing, 'order' | 'context' | 'meter'>,
  ): Promise<StoredCopy> {
    const { order, context, meter } = packing;
    const { workOrderId, archiveId } = order;
    const known = await this.proofs.find(workOrderId, to, archiveId);
    if (known?.sha256 === verified.sha256) {
      meter.next('packing');
      meter.next('verifying');
      return { share: to.name, verifiedAt: known.verifiedAt };
    }
    let before: SeenBytes | undefined;
    await this.writer.further(from, to, verified, packing, async () => {
      before = await this.proofs.look(to, archiveId);
    });
    const verifiedAt = this.clock.now();
    await this.proofs.keep({ workOrderId, epoch: context.epoch }, { share: to, archiveId }, before, verified);
    return { share: to.name, verifiedAt };
  }

  /** Undefined: it is to be made, or read. */
  private async knownFirst(
    share: LongTermStorage,
    { order: { workOrderId, archiveId }, members, packedSize }: Packing,
  ): Promise<ProvenFirst | undefined> {
    const proof = await this.proofs.find(workOrderId, share, archiveId);
    if (proof?.manifest === undefined || proof.packedSize !== packedSize) return undefined;
    const { sha256, manifest: reference, verifiedAt } = proof;
    const manifest = await this.manifestOf(reference);
    if (manifest === undefined || !areWanted(manifest, members)) return undefined;
    return { manifest, reference, verified: { sha256, packedSize }, verifiedAt };
  }

  /** Without its list the copy is read once more, as if nothing were known of it. */
  private async manifestOf(reference: ObjectReference): Promise<DatablockManifest | undefined> {
    try {
      return await this.lists.manifestOf(reference);
    } catch (error) {
      if (error instanceof PermanentError) return undefined;
      throw error;
    }
  }
}
