/** Targets that an archiver has to have before it may take work: all of them, or one. */
export interface WorkNeeds {
  readonly of: 'all' | 'any';
  readonly targets: readonly string[];
  /** Of reading: the one that its slot is counted at. Others leave the order to who has that one, until then. */
  readonly first?: string;
  readonly firstUntil?: Date;
}

/**
 * Milliseconds for which an order is left to archivers that have the chosen target. Archivers have no names, so nobody knows
 * whether one has it and is busy, or none has: after that time whoever has another copy reads that, and says so.
 */
export const patienceForChosen = 60_000;

/** What reads long-term storage: only such work may wait for a tape. */
const reading: readonly string[] = ['retrieve', 'verify', 'repair', 'move'];

/**
 * Whether work that has given no byte yet may wait for a tape: it is known to lie on one, or is to be read where there are media.
 *
 * @param media targets with media, by all names that records know
 */
export function mayWaitForMedium(
  { kind, needs, medium }: { kind: string; needs?: WorkNeeds | undefined; medium?: string | undefined },
  media: readonly string[],
): boolean {
  if (!reading.includes(kind)) return false;
  if (medium !== undefined) return true;
  if (needs === undefined) return media.length > 0;
  return (needs.first === undefined ? needs.targets : [needs.first]).some((name) => media.includes(name));
}

/** Whether an archiver that has these targets may do the work. */
export function isServed(needs: WorkNeeds | undefined, served: readonly string[]): boolean {
  if (needs === undefined) return true;
  const has = (name: string): boolean => served.includes(name);
  return needs.of === 'all' ? needs.targets.every(has) : needs.targets.some(has);
}
