import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import type { CopyProof } from '../persistence/records.js';
import { WorkOrders } from '../persistence/work-orders.js';

/** Milliseconds for which what was read back counts as read back: a tape may go bad at any time. */
export const maxProofAge = 86_400_000;

/** Which bytes lie under a name, on which storage. */
export type SeenBytes = Pick<CopyProof, 'share' | 'identity' | 'mark'>;

/** One try of one order. */
interface Try {
  readonly workOrderId: string;
  /** Its fencing token. */
  readonly epoch: number;
}

/**
 * Remembers with an order which copies it has read back, so that a try that comes after (the second target was away, a process
 * died) does not have a tape mounted for the same bytes again. Trusted are only the very bytes that were read: on the same storage,
 * with the same mark, and a short time ago. An overtaken worker leaves nothing to trust.
 */
@Injectable()
export class CopyProofs {
  constructor(
    private readonly orders: WorkOrders,
    private readonly clock: Clock,
  ) {}

  /** Undefined where nobody could say later that they are others. Look before reading. */
  async look(share: LongTermStorage, archiveId: string): Promise<SeenBytes | undefined> {
    const mark = await share.markOf(archiveId);
    if (mark === undefined) return undefined;
    const id = (await share.identity?.read())?.id;
    return { share: share.name, mark, ...(id === undefined ? {} : { identity: id }) };
  }

  /** What an earlier try of the order read back there, if these bytes still lie there. */
  async find(workOrderId: string, share: LongTermStorage, archiveId: string): Promise<CopyProof | undefined> {
    const proof = (await this.orders.proofsOf(workOrderId)).find((one) => one.share === share.name);
    if (proof === undefined || this.ageOf(proof) > maxProofAge) return undefined;
    const seen = await this.look(share, archiveId);
    return seen !== undefined && areSame(seen, proof) ? proof : undefined;
  }

  /** @param before what lay there before it was read; nothing is kept of bytes that were others afterwards */
  async keep(
    { workOrderId, epoch }: Try,
    { share, archiveId }: { readonly share: LongTermStorage; readonly archiveId: string },
    before: SeenBytes | undefined,
    read: Pick<CopyProof, 'packedSize' | 'sha256' | 'manifest'>,
  ): Promise<void> {
    const after = before === undefined ? undefined : await this.look(share, archiveId);
    if (before === undefined || after === undefined || !areSame(before, after)) return;
    const others = (await this.orders.proofsOf(workOrderId)).filter((one) => one.share !== share.name);
    const { packedSize, sha256, manifest } = read;
    const proof = { ...after, packedSize, sha256, verifiedAt: this.clock.now() };
    // Refused of a worker that was overtaken: its heartbeat ends it.
    await this.orders.keepProofs({ _id: workOrderId, epoch }, [
      ...others,
      manifest === undefined ? proof : { ...proof, manifest },
    ]);
  }

  private ageOf({ verifiedAt }: CopyProof): number {
    return Math.abs(this.clock.now().getTime() - verifiedAt.getTime());
  }
}

function areSame(one: SeenBytes, other: SeenBytes): boolean {
  return one.mark === other.mark && one.identity === other.identity;
}
