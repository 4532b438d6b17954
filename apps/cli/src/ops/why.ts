import type { CommandResult } from '#command-line';
import { interruption } from '#command-line';
import type { ToldFact, Why } from '#console-api';
import { nameOfUser, whyJobs } from '#operations-client';
import type { CommandContext } from '../command.js';
import { OpsCalls, partial, type OpsOptions } from './operator.js';
import { factsText } from './values.js';
import { changerTexts, waitTextOf } from './wait-words.js';

/** Why jobs wait: what all apps know of each, what holds it most first; who did not answer is named. */
export async function explain(
  context: CommandContext,
  jobs: readonly string[],
  options: OpsOptions,
): Promise<CommandResult> {
  const { apps, signal } = await OpsCalls.from(context, options);
  const acting = { name: options.by ?? nameOfUser('operator'), via: 'cli' } as const;
  const found = await whyJobs(apps, acting, jobs, signal, new Date()).catch((error: unknown) => {
    throw signal.aborted ? interruption() : error;
  });
  const [first] = found.values();
  const result = partial(context, first?.missing ?? [], {
    lines: [...found].flatMap(([id, why]) => linesOf(id, why)),
    document: { jobs: Object.fromEntries(found) },
  });
  const isKnown = [...found.values()].some(({ known, headline }) => known || headline !== undefined);
  return result.outcome === 'done' && !isKnown ? { ...result, outcome: 'usage' } : result;
}

function linesOf(id: string, { headline, all, known, missing }: Why): string[] {
  if (headline === undefined) return [`${id} ${nothingText(known, missing.length > 0)}`];
  const { for: waits, todo } = waitTextOf(headline.code);
  const who = changerTexts[headline.changeable] ?? headline.changeable;
  return [
    `${id} waits for ${waits}`,
    `  ${factText(headline)}`,
    `  what to do  ${todo} (${who})`,
    ...all.slice(1).map((fact) => `  also        ${factText(fact)}`),
    ...missing.map(({ app, message }) => `  not known   what ${app} says of it: ${message}`),
  ];
}

function nothingText(known: boolean, isPartial: boolean): string {
  if (isPartial) return 'is held up by nothing that the apps that answer know of';
  return known ? 'is held up by nothing that is known' : 'is no job that any app has a record of';
}

/** `limit.target: 12 parts, limit 48, used 48, since …, next … (job-assembler)`. */
function factText({ app, code, since, part, count, facts, next }: ToldFact): string {
  const told = [
    ...(part === undefined ? [] : [`part ${part}`]),
    ...(count === undefined ? [] : [`${count} times`]),
    ...(Object.keys(facts).length === 0 ? [] : [factsText(facts)]),
    ...(since === undefined ? [] : [`since ${since}`]),
    ...(next === undefined ? [] : [`next look, or its end, at ${next}`]),
  ];
  return `${code}${told.length === 0 ? '' : `: ${told.join(', ')}`} (${app})`;
}
