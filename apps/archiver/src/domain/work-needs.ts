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

/** Whether an archiver that has these targets may do the work. */
export function isServed(needs: WorkNeeds | undefined, served: readonly string[]): boolean {
  if (needs === undefined) return true;
  const has = (name: string): boolean => served.includes(name);
  return needs.of === 'all' ? needs.targets.every(has) : needs.targets.some(has);
}
