import type { Connection } from 'mongoose';
import { unnamed } from '#operations';

export const parkedStates = ['parked', 'replayed', 'discarded', 'edited'] as const;
export type ParkedState = (typeof parkedStates)[number];

/** A message that could not be handled, kept for people: to look at, replay or discard. */
export interface ParkedMessage {
  readonly _id: string;
  readonly messageId: string;
  readonly type: string;
  readonly outcome: string;
  readonly code: string;
  readonly reason: string;
  readonly attempts: number;
  readonly exchange: string;
  readonly routingKey: string;
  readonly headers: Record<string, string | number>;
  /** The account it came from at first; absent in what an earlier version parked. */
  readonly sender?: string;
  /** The job that it says it is about. */
  readonly jobId?: string;
  /** Text when it is UTF-8 JSON, else base64. */
  readonly body: string;
  readonly encoding: 'utf8' | 'base64';
  readonly parkedAt: Date;
  readonly state: ParkedState;
  /** Only while it is decided on: by it the message expires. */
  readonly decision?: ParkingDecision;
  /** What was decided on it before and now, oldest first: a replayed message may come back. The latest twenty. */
  readonly decisions?: readonly (ParkingDecision & { readonly state: ParkedState })[];
  /** Decided, and not carried out yet: since when. A process that died leaves it to a sweep. */
  readonly pending?: { readonly since: Date };
  /** What was sent in its place. */
  readonly edited?: { readonly messageId: string; readonly body: string };
  /** What people say of it, the latest fifty. */
  readonly notes?: readonly ParkingNote[];
}

export interface ParkingNote {
  readonly by: string;
  readonly at: Date;
  readonly text: string;
  /** The audit entry. */
  readonly id: string;
}

/** Who decided, and why. */
export interface ParkingDecision {
  readonly by: string;
  readonly at: Date;
  readonly reason: string;
  /** The audit entry; absent in what an earlier version decided. */
  readonly id?: string;
  /** The bulk run that did it. */
  readonly run?: string;
  /** It takes back what was decided under this id before, which could not be carried out. */
  readonly undone?: true;
}

/** What a person says with a decision. */
export interface ParkingWord {
  readonly by: string;
  readonly reason: string;
  /** Tells this decision from any other: the audit entry. */
  readonly id: string;
  readonly run?: string;
}

const maxDecisions = 20;
export const maxNotes = 50;

/** Of messages that are perhaps not from whom they say. */
export const strangers: readonly string[] = ['messaging.wrong-sender', 'messaging.wrong-key'];

export function parkedMessages(connection: Connection) {
  return connection.collection<ParkedMessage>('catena_parking_lot');
}

/** What a change of state adds to the list of decisions. */
export function noted(state: ParkedState, decision: ParkingDecision): { $push: object } {
  return { $push: { decisions: { $each: [{ state, ...decision }], $slice: -maxDecisions } } };
}

/** Who decided last on a message that another one wants to decide on now. */
export function decidedBefore({ _id, state, decision }: ParkedMessage): string {
  const { by = unnamed, at, reason } = decision ?? {};
  const when = at === undefined ? '' : ` at ${at.toISOString()}`;
  const why = reason === undefined || reason === '' ? '' : `: ${reason}`;
  return `message ${_id} was already ${state} by ${by}${when}${why}`;
}

/** The job that a body says it is about; undefined where it names none. */
export function jobIdIn(body: string): string | undefined {
  const jobId = (envelopeIn(body).data as { jobId?: unknown } | null | undefined)?.jobId;
  return typeof jobId === 'string' && jobId.length > 0 && jobId.length <= 100 ? jobId : undefined;
}

/** The type that a body says it has; empty where it names none. */
export function typeIn(body: string): string {
  const { type } = envelopeIn(body);
  return typeof type === 'string' ? type.slice(0, 200) : '';
}

function envelopeIn(body: string): { readonly type?: unknown; readonly data?: unknown } {
  try {
    return (JSON.parse(body) as object | null) ?? {};
  } catch {
    return {};
  }
}
