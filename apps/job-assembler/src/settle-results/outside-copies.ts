import type { CopyToRemove, OutsideCopy, WorkOrder } from '../aggregates/records.js';

/**
 * Copies of a datablock that others store, or may have begun to: those that are known, and those that were to be made. A worker
 * that has none says that it is removed.
 */
export function copiesOutside(
  { outsideTargets = [], result, kind }: Pick<WorkOrder, 'outsideTargets' | 'result' | 'kind'>,
  stored: Readonly<Record<string, OutsideCopy>>,
): CopyToRemove[] {
  const copies = new Map<string, CopyToRemove>();
  if (kind === 'archive' && result !== undefined && 'sha256' in result)
    for (const target of outsideTargets)
      copies.set(target, { target, packedSize: result.packedSize, sha256: result.sha256 });
  for (const [target, { packedSize, sha256, found }] of Object.entries(stored))
    copies.set(target, { target, ...(found ?? { packedSize, sha256 }) });
  return [...copies.values()];
}
