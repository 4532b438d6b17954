/** Targets that an archiver has to have before it may take work: all of them, or one. */
export interface WorkNeeds {
  readonly of: 'all' | 'any';
  readonly targets: readonly string[];
}

/** Whether an archiver that has these targets may do the work. */
export function isServed(needs: WorkNeeds | undefined, served: readonly string[]): boolean {
  if (needs === undefined) return true;
  const has = (name: string): boolean => served.includes(name);
  return needs.of === 'all' ? needs.targets.every(has) : needs.targets.some(has);
}
