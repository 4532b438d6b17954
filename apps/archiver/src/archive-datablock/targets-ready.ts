import type { LongTermStorage } from '#long-term-storage';

/**
 * Asks all targets of an order whether they can be written, before anything is read or written for it: one that is not mounted,
 * is another, is read-only or closed by an operator would otherwise be found out after the other copies were made.
 *
 * @throws TransientError of the first that cannot
 */
export async function assertWritable(targets: readonly LongTermStorage[]): Promise<void> {
  for (const share of targets) await share.assertWritable();
}

/**
 * Looks for room on all targets that do not have the copy yet. What dead tries of the order left there goes first: it would be in
 * the way for ever.
 *
 * @throws TransientError `long-term-storage.full`
 */
export async function assertRoom(
  targets: readonly LongTermStorage[],
  { archiveId, packedSize }: { readonly archiveId: string; readonly packedSize: number },
  reserveOf: (share: LongTermStorage) => number,
): Promise<void> {
  for (const share of targets) {
    if ((await share.stat(archiveId))?.size === packedSize) continue;
    await share.removePartials(archiveId);
    await share.ensureRoom(packedSize, reserveOf(share));
  }
}
