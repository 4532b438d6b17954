import type { MissingApp, ToldFact, Why } from '#console-api';

/** Facts that name jobs, orders or groups of others. */
const ofOthers: readonly string[] = ['order', 'jobId', 'holders'];

/** Why a job waits, without the names of what belongs to others: that is for operators. */
export function forOwners(why: Why, jobId: string): Why {
  const all = why.all.map((fact) => withoutOthers(fact, jobId));
  const [headline] = all;
  const missing = missingForOwners(why.missing);
  return { ...why, all, missing, ...(headline === undefined ? {} : { headline }) };
}

/** What is said of apps that did not answer, without their addresses and their own words. */
const words: Readonly<Record<MissingApp['code'], string>> = {
  'app.silent': 'it does not answer',
  'app.refused': 'it did not take the question',
  'source.away': 'it cannot find out now',
};

export function missingForOwners(missing: readonly MissingApp[]): MissingApp[] {
  return missing.map((one) => ({ ...one, message: words[one.code] }));
}

function withoutOthers(fact: ToldFact, jobId: string): ToldFact {
  const kept = Object.entries(fact.facts).filter(
    ([name, value]) => !ofOthers.includes(name) || value === jobId,
  );
  return { ...fact, facts: Object.fromEntries(kept) };
}
