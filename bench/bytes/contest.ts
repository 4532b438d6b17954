/** One way of doing the work, as quick as it was at its best. */
export interface Best {
  readonly seconds: number;
  /** Processor time of this process (and of children it waited for, where they are counted at all). */
  readonly processor: number;
}

/** A line of the table. */
export interface Row {
  readonly what: string;
  /** How much work it is, in the unit that the table counts. */
  readonly amount: number;
  readonly unit: 'MiB/s' | '/s';
  readonly ours: Best;
  /** What nothing can be faster than, or what others do; undefined: there is none. */
  readonly limit?: { readonly what: string; readonly best: Best };
  /** The ratio that the issue asks for. */
  readonly target?: number;
}

/** Runs all of them in turns, so that each meets the machine in the same moods; of each the quickest run counts. */
export async function contest<Name extends string>(
  rounds: number,
  runs: Readonly<Record<Name, () => Promise<unknown>>>,
): Promise<Record<Name, Best>> {
  const best: Partial<Record<Name, Best>> = {};
  for (let round = 0; round < rounds; round += 1)
    for (const [name, run] of Object.entries(runs) as [Name, () => Promise<unknown>][]) {
      const found = await timed(run);
      if (found.seconds < (best[name]?.seconds ?? Infinity)) best[name] = found;
    }
  return best as Record<Name, Best>;
}

export async function timed(run: () => Promise<unknown>): Promise<Best> {
  const [began, processor] = [performance.now(), process.cpuUsage()];
  await run();
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(processor);
  return { seconds, processor: (user + system) / 1e6 };
}

export function slower(...bests: readonly Best[]): Best {
  return bests.reduce((one, other) => (other.seconds > one.seconds ? other : one));
}

export function print({ what, amount, unit, ours, limit, target }: Row): void {
  const rate = (best: Best): string => `${(amount / best.seconds).toFixed(0)} ${unit}`;
  const ratio =
    limit === undefined
      ? ''
      : `; ${limit.what} ${rate(limit.best)}; ratio ${(limit.best.seconds / ours.seconds).toFixed(2)}` +
        (target === undefined ? '' : ` (wanted: ${target})`);
  const processor = `${((ours.processor / amount) * 1000).toFixed(1)} s of processor time a thousand`;
  console.log(`${what}: ${rate(ours)}${ratio}; ${processor}`);
}
