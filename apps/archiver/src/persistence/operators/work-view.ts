import type { WorkOrder } from '../records.js';

/** A work order as operators see it. Times are ISO 8601, sizes bytes, the rate bytes in a second. */
export interface WorkView {
  readonly id: string;
  readonly jobId: string;
  readonly kind: string;
  readonly pid?: string;
  readonly archiveId?: string;
  readonly state: string;
  /** Of an open one: `runs`, `waits` (until `dueAt`), `due` (for a worker), or `silent`: its lease is over, and nobody has it. */
  readonly standing?: 'runs' | 'waits' | 'due' | 'silent';
  readonly attempts: number;
  readonly cancelRequested: boolean;
  readonly acceptedAt: string;
  readonly dueAt: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly worker?: string;
  readonly phase?: string;
  readonly bytesDone?: number;
  readonly bytesTotal?: number;
  readonly rate?: number;
  /** What it waits for, as a code. */
  readonly waitCode?: string;
  readonly fault?: {
    readonly code: string;
    readonly message: string;
    readonly at?: string;
    readonly fault: string;
  };
  readonly targets?: readonly string[];
  readonly cartridge?: string;
  /** Of work that an operator asked for: who did last, and why. */
  readonly asked?: { readonly by: string; readonly reason: string; readonly at: string };
}

export function workViewOf(order: WorkOrder, now: Date): WorkView {
  const { _id: id, jobId, command, state, attempts, cancelRequested } = order;
  const { acceptedAt, dueAt, startedAt, endedAt, needs, place } = order;
  const { worker, phase, bytesDone, bytesTotal, rate, waitCode } = order;
  const { pid, archiveId } = command.data as { pid?: string; archiveId?: string };
  const asked = order.asked?.at(-1);
  return {
    ...{ id, jobId, kind: command.kind, ...present({ pid, archiveId }) },
    ...{
      state,
      ...(state === 'open' ? { standing: standingOf(order, now) } : {}),
      attempts,
      cancelRequested,
    },
    ...{ acceptedAt: acceptedAt.toISOString(), dueAt: dueAt.toISOString() },
    ...present({ startedAt: startedAt?.toISOString(), endedAt: endedAt?.toISOString() }),
    ...present({ worker, phase, bytesDone, bytesTotal, rate, waitCode, fault: faultOf(order) }),
    ...present({ targets: needs?.targets, cartridge: place?.medium }),
    ...present({ asked: asked && { by: asked.by, reason: asked.reason, at: asked.at.toISOString() } }),
  };
}

function standingOf({ waitCode, lastFault, dueAt, epoch }: WorkOrder, now: Date): WorkView['standing'] {
  const doesWait = waitCode !== undefined || lastFault !== undefined;
  if (dueAt > now) return doesWait || epoch === 0 ? 'waits' : 'runs';
  return doesWait || epoch === 0 ? 'due' : 'silent';
}

function faultOf({ fault, lastFault }: WorkOrder): WorkView['fault'] {
  if (fault !== undefined) {
    const { code, message, at, fault: whose } = fault;
    return { code, message, at: at.toISOString(), fault: whose };
  }
  return lastFault === undefined
    ? undefined
    : { code: 'archiver.unexpected-error', message: lastFault, fault: 'system' };
}

function present<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Fields]?: Exclude<Fields[Name], undefined>;
  };
}
