import type { ToldFact, Why } from '#console-api';

/** Facts that name jobs, orders or groups of others. */
const ofOthers: readonly string[] = ['order', 'jobId', 'holders'];

/** Why a job waits, without the names of what belongs to others: that is for operators. */
export function forOwners(why: Why, jobId: string): Why {
  const all = why.all.map((fact) => withoutOthers(fact, jobId));
  const [headline] = all;
  return { ...why, all, ...(headline === undefined ? {} : { headline }) };
}

function withoutOthers(fact: ToldFact, jobId: string): ToldFact {
  const kept = Object.entries(fact.facts).filter(
    ([name, value]) => !ofOthers.includes(name) || value === jobId,
  );
  return { ...fact, facts: Object.fromEntries(kept) };
}
