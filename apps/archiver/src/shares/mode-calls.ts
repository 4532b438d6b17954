import type { Said } from '#console-api';
import { PermanentError } from '#kernel';
import { named, notPossible, type Operator, timeIn, type Wish, type Witness } from '#operations';
import { behindSlash, bodyOf, reasonIn } from '#service-host';
import { shareModes, type ShareMode, type ShareSteering } from '../persistence/records.js';
import type { ShareModes } from '../persistence/share-modes.js';

/** What is in force of what operators said. */
export interface ModeShown {
  readonly mode: ShareMode;
  readonly steered?: Pick<ShareSteering, 'by' | 'reason' | 'since' | 'until'>;
}

export interface ModeWish {
  readonly acting: Operator;
  readonly wish: Wish;
  readonly mode: ShareMode;
  readonly word: Pick<ShareSteering, 'reason' | 'until'> & { readonly seen?: Date };
}

/**
 * What `POST …/mode` asks for.
 *
 * @throws PermanentError `operations.not-possible`, `operations.reason-missing`, `operations.wrong-name`
 */
export function modeWish(operator: Operator, body: unknown, subject: string, now: Date): ModeWish {
  const said = bodyOf(body, ['mode', 'reason', 'until', 'by', 'seen']);
  const mode = shareModes.find((one) => one === said.mode);
  if (mode === undefined)
    throw new PermanentError(
      notPossible,
      `Expected a mode of ${shareModes.join(', ')}, found ${JSON.stringify(said.mode)?.slice(0, 100)}.`,
    );
  const reason = reasonIn(said.reason);
  const until = untilIn(said.until, now);
  const seen = timeIn('seen', typeof said.seen === 'string' ? said.seen : undefined);
  if (seen === undefined && said.seen !== undefined)
    throw new PermanentError(
      notPossible,
      `Expected in seen the time since which the mode is in force, as you saw it, found ${JSON.stringify(said.seen)?.slice(0, 100)}.`,
    );
  const end = { ...(until === undefined ? {} : { until }), ...(seen === undefined ? {} : { seen }) };
  const details: Said = { mode, ...(until === undefined ? {} : { until: until.toISOString() }) };
  const action = mode === 'run' ? ('pause.end' as const) : ('pause.set' as const);
  return {
    ...{ acting: named(operator, said.by), mode, word: { reason, ...end } },
    wish: { action, subject, reason, details },
  };
}

export function wordOf(found: ShareSteering | undefined): ModeShown & Said {
  if (found === undefined) return { mode: 'run' };
  const { mode, by, reason, since, until } = found;
  return { mode, steered: { by, reason, since, ...(until === undefined ? {} : { until }) } };
}

/** The records of shares and workers bear the entries of what was said of them. */
export function witnessOfModes(modes: ShareModes): Witness {
  return async ({ _id, subject, action }) => {
    const name = subject.startsWith('worker/') ? `worker:${behindSlash(subject)}` : behindSlash(subject);
    if ((await modes.saidUnder(name, _id)) === undefined) return undefined;
    return { after: action === 'pause.end' ? { mode: 'run' } : { steered: name } };
  };
}

/** @throws PermanentError `operations.not-possible` */
export function untilIn(value: unknown, now: Date): Date | undefined {
  if (value === undefined || value === null) return undefined;
  const until = typeof value === 'string' ? timeIn('until', value) : undefined;
  if (until !== undefined && until > now) return until;
  throw new PermanentError(
    notPossible,
    `Expected in until a time to come, such as 2027-01-31T18:00:00Z, found ${JSON.stringify(value)?.slice(0, 100)}.`,
  );
}
