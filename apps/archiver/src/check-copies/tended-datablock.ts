import { PermanentError } from '#kernel';
import type { StoredDatablock } from '../persistence/records.js';
import { refuseForeign } from '../domain/own-datablock.js';

interface Known {
  verified(archiveId: string): Promise<StoredDatablock | undefined>;
}

/** The datablock whose copies an order mends or moves. @throws PermanentError `archiver.datablock-unknown`, `archiver.datablock-foreign` */
export async function datablockToTend(
  datablocks: Known,
  order: { readonly archiveId: string; readonly pid: string },
): Promise<StoredDatablock> {
  const datablock = await datablocks.verified(order.archiveId);
  if (datablock === undefined)
    throw new PermanentError(
      'archiver.datablock-unknown',
      `Expected a verified datablock ${order.archiveId}, found none: it was not archived by this archiver, or was discarded since.`,
    );
  refuseForeign(datablock, order);
  return datablock;
}

/** An order names a target on which there is no copy. */
export function copyElsewhere({ _id, copies }: StoredDatablock, target: string): PermanentError {
  return new PermanentError(
    'archiver.copy-elsewhere',
    `Expected a copy of ${_id} on ${target}, found copies on ${copies.map(({ share }) => share).join(', ')}. Nothing was touched. Name one of those.`,
    { details: { archiveId: _id, target } },
  );
}
