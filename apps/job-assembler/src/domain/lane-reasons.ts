import { onlyTarget } from '#routes';
import type { Hindrance } from './release-rules.js';
import type { HeldBack } from './reservations.js';
import type { Lane, Slots } from './slots.js';
import type { FoundReason } from './waiting-reasons.js';

/** Why work of a lane is not released, with a sentence for people; undefined when it has room. */
export function laneReason(slots: Slots, lane: Lane): FoundReason | undefined {
  const hindrance = slots.hindranceOf(lane);
  if (hindrance !== undefined) return closedReason(hindrance);
  const full = slots.fullFor(lane);
  const needs = slots.rules.needsOf(lane.target);
  if (full === undefined || needs === undefined) return undefined;
  const doing = needs.direction === 'write' ? 'writing to' : 'reading from';
  const isNamed = needs.targets.some((name) => name !== onlyTarget);
  const places = isNamed ? needs.targets.join(needs.needs === 'all' ? ' and ' : ' or ') : 'long-term storage';
  const also = needs.from === undefined ? '' : `, and one for reading from ${needs.from}`;
  const purpose = `a slot for ${doing} ${places}${also}`;
  const { rules } = slots;
  if (full.limit === 'global') {
    const facts = { limit: rules.global, used: slots.ofAll() };
    const message = `${purpose}: all ${rules.global} are taken (${rules.saidBy('global', 'LIMIT_GLOBAL')})`;
    return { code: 'limit.global', facts, message };
  }
  if (full.limit === 'group') {
    const facts = { group: lane.group, limit: rules.perGroup, used: slots.ofGroup(lane.group) };
    const message = `${purpose}: its group has all of its ${rules.perGroup} (${rules.saidBy('perGroup', 'LIMIT_PER_GROUP')})`;
    return { code: 'limit.group', facts, message };
  }
  const { target, direction } = full;
  const limit = rules.at(target, direction);
  const facts = { target, direction, limit, used: slots.at(target, direction) };
  const whose = target === onlyTarget ? 'for that are taken (LIMIT_PER_TARGET)' : `of ${target} are taken`;
  return { code: 'limit.target', facts, message: `${purpose}: all ${limit} ${whose}` };
}

/** Why work has no slot though its lane has room: it is kept. */
export function keptReason({ target, waiting }: HeldBack): FoundReason {
  const since = waiting.createdAt.toISOString();
  const facts = { ...(target === undefined ? {} : { target }), workOrder: waiting.id, waitingSince: since };
  const which = target === undefined ? 'a slot' : `a slot of ${target}`;
  const message = `${which}: the free one is kept for work order ${waiting.id}, which needs several at once and waits since ${since}`;
  return { code: 'slot.kept', facts, message };
}

/** The same of what is closed. */
export function closedReason({ code, facts, since, next }: Hindrance): FoundReason {
  const { target = '', lane = '', scope = '', by = '', reason = '' } = facts as Record<string, string>;
  const until = next === undefined ? '' : ` until ${next.toISOString()}`;
  const sentences: Partial<Record<Hindrance['code'], string>> = {
    paused: `the end of a pause${scope === 'all' ? '' : ` of ${scope.replace(':', ' ')}`}${until}: ${by} says: ${reason}`,
    'window.closed': `the end of maintenance of ${target}${until}: ${reason}`,
    'target.unknown':
      target === ''
        ? `job-assembler: lane ${lane} was made by a newer version`
        : `target ${target}, which ROUTES_FILE does not have: an operator adds it again, or cancels the job`,
  };
  return {
    ...{ code, facts, message: sentences[code] ?? code },
    ...(since === undefined ? {} : { since }),
    ...(next === undefined ? {} : { next }),
  };
}

/** A job that is held has no time at which it goes on: this one, for records, which no deferral may name. */
export const endOfTime = new Date('9999-12-31T00:00:00Z');

interface MovingWord {
  readonly by: string;
  readonly reason: string;
  readonly at?: Date;
}

/** What a job's record says of its time. */
interface MovedJob {
  readonly _id: string;
  readonly notBefore?: Date;
  readonly deferredUntil?: Date;
  readonly deferredBy?: MovingWord;
  readonly held?: true;
  readonly hold?: MovingWord & { readonly until?: Date };
  readonly steering?: MovingWord & { readonly what: string };
}

/** Why nothing more of a job begins: an operator has moved it to another time, or holds it. */
export function movedReason(
  { _id, notBefore, deferredUntil = notBefore, deferredBy, held, hold, steering }: MovedJob,
  now: Date,
): FoundReason | undefined {
  if (held === true && hold !== undefined && (hold.until === undefined || hold.until > now)) {
    const { by, reason, at, until } = hold;
    return closedReason({
      ...{ code: 'paused', facts: { scope: `job:${_id}`, by, reason } },
      ...(until === undefined ? {} : { next: until }),
      ...(at === undefined ? {} : { since: at }),
    });
  }
  // Versions before 0.9 kept of a job that has not begun only the last word.
  const word = deferredBy ?? (steering?.what === 'defer' ? steering : undefined);
  if (deferredUntil === undefined || word === undefined || deferredUntil <= now) return undefined;
  const { by, reason, at: since } = word;
  return { ...deferredReason(deferredUntil, { by, reason }), ...(since === undefined ? {} : { since }) };
}

/** An operator moved the job to another time. */
export function deferredReason(
  until: Date,
  word: { readonly by: string; readonly reason: string },
): FoundReason {
  const message = `its time, ${until.toISOString()}: ${word.by} says: ${word.reason}`;
  return { code: 'deferred', facts: { by: word.by, reason: word.reason }, message, next: until };
}
