import {
  cancelCopyV1,
  offerUploadV1,
  recallCopyV1,
  removeCopyV1,
  retrieveDatablockV1,
  storeCopyV1,
  takeUploadV1,
  verifyCopyV1,
} from '#contracts';
import { eventRow, type OutboxRow } from '#outbox';
import type { NextOutside, OutsideOrder } from '../aggregates/outside-orders.js';
import type { WorkOrder } from '../aggregates/records.js';
import { outsideOrderId, removalId, stagingId, type OutsideWork } from '../domain/outside-work.js';

/** What is written and sent together when an order to a worker goes on. */
export interface OutsideTurn {
  readonly next: NextOutside;
  readonly rows: readonly OutboxRow[];
}

/** A link as the archiver gave it. */
export interface StagedLink {
  readonly url: string;
  readonly expiresAt: string;
}

/**
 * The next try of an order, with a higher attempt: bytes come by a fresh link, which the archiver is asked for; a verification
 * needs none.
 */
export function nextTry(order: OutsideOrder, now: Date, silence: number): OutsideTurn {
  const attempt = order.outside.attempt + 1;
  if (order.kind === 'verify')
    return {
      next: { phase: 'ordered', attempt, dueAt: after(now, silence) },
      rows: [eventRow(verifyCopyV1, commandData(order, attempt), now, order.context)],
    };
  const { _id, jobId, pid, archiveId, context } = order;
  const request = { workOrderId: stagingId(_id, 'link', attempt), jobId, pid, archiveId };
  const row =
    order.kind === 'store'
      ? eventRow(retrieveDatablockV1, request, now, context)
      : eventRow(offerUploadV1, request, now, context);
  return { next: { phase: 'staging', attempt }, rows: [row] };
}

/** The worker gets its command once there is a link. */
export function orderWith(order: OutsideOrder, link: StagedLink, now: Date, silence: number): OutsideTurn {
  const { attempt } = order.outside;
  const data = { ...commandData(order, attempt), urlExpiresAt: link.expiresAt };
  const row =
    order.kind === 'store'
      ? eventRow(storeCopyV1, { ...data, url: link.url }, now, order.context)
      : eventRow(recallCopyV1, { ...data, uploadUrl: link.url }, now, order.context);
  return { next: { phase: 'ordered', attempt, dueAt: after(now, silence) }, rows: [row] };
}

/** What was stored and is no good goes before it is stored anew: a removal that came later would take the new one. */
export function clearing(
  order: OutsideOrder,
  { faults, found }: Pick<OutsideWork, 'faults' | 'found'>,
  now: Date,
  silence: number,
): OutsideTurn {
  const attempt = order.outside.attempt + 1;
  // A worker removes what the order names, and what it has is not what was archived.
  const data = { ...commandData(order, attempt), ...found, orderId: removalId(order._id, 'clear') };
  const said = found === undefined ? {} : { found };
  return {
    next: { phase: 'clearing', attempt, faults, cleared: attempt, ...said, dueAt: after(now, silence) },
    rows: [eventRow(removeCopyV1, data, now, order.context)],
  };
}

/**
 * The worker says that it has put the datablock at the link; the archiver reads what lies there.
 *
 * @param answered the attempt whose link that was: each has a place of its own
 */
export function taking(order: OutsideOrder, answered: number, now: Date): OutsideTurn {
  const { _id, jobId, pid, archiveId, group, outside, context } = order;
  const { attempt } = outside;
  const owner = group === '' ? {} : { group };
  const data = {
    ...{ workOrderId: stagingId(_id, 'take', attempt), jobId, pid, archiveId },
    offer: stagingId(_id, 'link', answered),
    ...owner,
  };
  return { next: { phase: 'taking', attempt }, rows: [eventRow(takeUploadV1, data, now, context)] };
}

/**
 * The worker is asked to stop, and asked again until it answers.
 *
 * @returns undefined when it has nothing to do at this moment: then the order is over at once
 */
export function cancelling(order: OutsideOrder, now: Date, silence: number): OutsideTurn | undefined {
  const { phase, faults, attempt: last } = order.outside;
  // While a fresh link is got ready, the worker may still be at its last attempt.
  const attempt = phase === 'staging' ? last - 1 : last;
  const isThere = phase === 'staging' || phase === 'ordered' || phase === 'cancelling';
  if (!isThere || attempt < 1) return undefined;
  return {
    next: {
      ...{ phase: 'cancelling', attempt, dueAt: after(now, silence) },
      // From here on it counts how often the worker was asked to stop.
      faults: phase === 'cancelling' ? faults + 1 : 0,
    },
    rows: [eventRow(cancelCopyV1, commandData(order, attempt), now, order.context)],
  };
}

/** Of a datablock that was discarded, to each worker that may have a copy. */
export function removals(order: WorkOrder, attempt: number, now: Date): OutboxRow[] {
  const { _id, pid, archiveId, removing = [], context } = order;
  return removing.map(({ target, packedSize, sha256 }) => {
    const orderId = removalId(outsideOrderId(_id, target), 'remove');
    const data = { orderId, target, attempt, pid, archiveId, packedSize, sha256 };
    return eventRow(removeCopyV1, data, now, context);
  });
}

function commandData({ _id: orderId, pid, archiveId, outside }: OutsideOrder, attempt: number) {
  const { target, packedSize, sha256 } = outside;
  return { orderId, target, attempt, pid, archiveId, packedSize, sha256 };
}

function after(now: Date, milliseconds: number): Date {
  return new Date(now.getTime() + milliseconds);
}
