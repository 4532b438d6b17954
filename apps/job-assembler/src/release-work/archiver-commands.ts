import {
  archiveDatablockV1,
  moveCopyV1,
  repairDatablockV1,
  retrieveDatablockV1,
  verifyDatablockV1,
} from '#contracts';
import { eventRow, type OutboxRow } from '#outbox';
import type { WorkOrder } from '../aggregates/records.js';

/** Targets that a command may name. */
const maxTargets = 4;

/**
 * What the archiver is told to do.
 *
 * @param copies of an archival whose record does not say how many
 * @param together bytes that a retrieval's job is about, as far as it is planned
 * @returns undefined for work of a kind that a newer version planned: taken for any other it could do harm
 */
export function archiverCommand(
  order: WorkOrder,
  copies: number,
  now: Date,
  together?: number,
): OutboxRow | undefined {
  const { _id: workOrderId, jobId, pid, archiveId, kind, context } = order;
  const targets = order.targets === undefined ? {} : { targets: order.targets.slice(0, maxTargets) };
  const common = { workOrderId, jobId, pid, archiveId, ...targets };
  switch (kind) {
    case 'archive': {
      const { source, files, fileCount, bytes, copies: wanted = copies } = order;
      const what = { source: source!, files: files!, fileCount: fileCount!, bytes, copies: wanted };
      return eventRow(archiveDatablockV1, { ...common, ...what }, now, context);
    }
    case 'retrieve': {
      const part = order.selection === undefined ? {} : { selection: order.selection };
      const owner = order.group === '' ? {} : { group: order.group };
      const all = together === undefined ? {} : { together };
      return eventRow(retrieveDatablockV1, { ...common, ...owner, ...all, ...part }, now, context);
    }
    case 'verify':
      return eventRow(verifyDatablockV1, common, now, context);
    case 'repair': {
      const only = order.repairAt === undefined ? {} : { only: order.repairAt };
      return eventRow(repairDatablockV1, { ...common, ...only }, now, context);
    }
    case 'migrate': {
      const { moveFrom: from, moveTo: to } = order;
      return eventRow(moveCopyV1, { workOrderId, jobId, pid, archiveId, from: from!, to: to! }, now, context);
    }
    default:
      return undefined;
  }
}
