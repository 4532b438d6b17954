import { each, type Case } from '../../checker/model.js';

/** A row of an outbox. */
export type Row = {
  /** 0 not written yet, 1 pending, 2 published, 3 gone. */
  is: number;
  /** Consumers whose receipt is missing, one bit each. */
  awaits: number;
};

/** An outbox: what `dueAt` says. */
export type Outbox = {
  /** 0 absent, 1 the time of a row, 2 a time to send again, 3 a second after a failure, 4 and on the claim of a relay. */
  due: number;
  /** Of 2: rows whose time it may be, one bit each. */
  dueOf: number;
};

export type Relay = {
  /** 0 idle, 1 publishing, 2 marking, 3 releasing. */
  at: number;
  outbox: number;
  /** Rows as they were when it claimed the outbox: due, awaiting receipts; and those it published. */
  dueRows: number;
  waiting: number;
  awaited: number;
  published: number;
  hasFailed: number;
  /** The receipt that it records: -1 none, or message × consumers + consumer; and whether the first of two writes is done. */
  receipt: number;
  isHalf: number;
};

export type Consumer = {
  /** 0 idle, 1 handles, 2 records, 3 sends the receipt and acknowledges. */
  at: number;
  message: number;
};

/** By message and consuming app. */
export type Copy = {
  /** At the broker, ready. */
  ready: number;
  isSaved: number;
  isRecorded: number;
  /** A receipt is on its way. */
  receipt: number;
};

export type Delivery = {
  rows: Row[];
  outboxes: Outbox[];
  relays: Relay[];
  consumers: Consumer[];
  copies: Copy[];
  /** How many processes may still die, and the broker still forget. */
  crashes: number;
};

export type DeliveryFault =
  | 'receipt before the change is saved'
  | 'row goes with the confirm'
  | 'row goes with the first receipt'
  | 'due time is released without the claim'
  | 'a row that awaits nobody is forgotten'
  | 'a message is recorded before it is handled'
  | 'what is published is never sent again'
  | 'an outbox without rows stays due';

export interface DeliveryOptions {
  /** The outbox of each message. */
  readonly outboxOf: readonly number[];
  /** The apps that each message is for, one bit each. */
  readonly awaits: readonly number[];
  /** The app of each consuming process. */
  readonly appOf: readonly number[];
  readonly crashes: number;
  readonly fault?: DeliveryFault;
}

/** One more lies in the hands of each consumer. */
const maxReady = 1;
export const claimOf = (process: number): number => 4 + process;

/** What the actions of one scene have in common. */
export interface DeliveryScene extends DeliveryOptions {
  readonly apps: number;
  readonly ofMessages: readonly Case[];
  readonly ofRelays: readonly Case[];
  readonly ofConsumers: readonly Case[];
  isFor(message: number, app: number): boolean;
  copyOf(state: Delivery, message: number, app: number): Copy;
  isAccepted(state: Delivery, message: number): boolean;
  claim(state: Delivery, outbox: number, process: number, late: number): void;
  /** A copy of the message comes to each queue that it is for. */
  arrive(state: Delivery, message: number): void;
  giveBack(state: Delivery, process: number): void;
}

export function sceneOf(options: DeliveryOptions): DeliveryScene {
  const { outboxOf, awaits, appOf, fault } = options;
  const messages = outboxOf.length;
  const apps = Math.max(...appOf) + 1;
  const isFor = (message: number, app: number): boolean => ((awaits[message]! >> app) & 1) === 1;
  const copyOf = (state: Delivery, message: number, app: number): Copy => state.copies[message * apps + app]!;
  const anywhere = (message: number): number[] =>
    Array.from({ length: apps }, (_, app) => app).filter((app) => isFor(message, app));

  return {
    ...options,
    apps,
    ...{ ofMessages: each(messages), ofRelays: each(2), ofConsumers: each(appOf.length) },
    ...{ isFor, copyOf, claim, arrive, giveBack },
    isAccepted: (state, message) =>
      anywhere(message).every((app) => copyOf(state, message, app).isRecorded === 1),
  };

  function claim(state: Delivery, outbox: number, process: number, late: number): void {
    Object.assign(state.outboxes[outbox]!, { due: claimOf(process), dueOf: 0 });
    const one = state.relays[process]!;
    Object.assign(one, { at: 3, outbox, dueRows: 0, waiting: 0, awaited: 0, published: 0, hasFailed: 0 });
    for (const [message, { is, awaits: missing }] of state.rows.entries()) {
      if (outboxOf[message] !== outbox || is === 0 || is === 3) continue;
      const isLate = ((late >> message) & 1) === 1 && fault !== 'what is published is never sent again';
      if (is === 1 || isLate) [one.at, one.dueRows] = [1, one.dueRows | (1 << message)];
      // A row that is left after its last receipt is waited for like any other: it goes when it is sent once more.
      if (missing > 0 || fault !== 'a row that awaits nobody is forgotten') one.waiting |= 1 << message;
      if (missing > 0) one.awaited |= 1 << message;
    }
  }

  function arrive(state: Delivery, message: number): void {
    for (const app of anywhere(message)) {
      const copy = copyOf(state, message, app);
      copy.ready = Math.min(copy.ready + 1, maxReady);
    }
  }

  function giveBack(state: Delivery, process: number): void {
    const copy = copyOf(state, state.consumers[process]!.message, appOf[process]!);
    copy.ready = Math.min(copy.ready + 1, maxReady);
    Object.assign(state.consumers[process]!, { at: 0, message: 0 });
  }
}

/** Its time may have come; a time to send again is that of a row that is late by then, or gone. */
export function isDue({ due, dueOf }: Outbox, late: number, rows: readonly Row[]): boolean {
  if (due !== 2) return due > 0;
  return rows.some(({ is }, row) => ((dueOf >> row) & 1) === 1 && (is === 3 || ((late >> row) & 1) === 1));
}

/** The first row that it has still to publish, or -1. */
export function next({ dueRows, published }: Relay): number {
  const left = dueRows & ~published;
  return left === 0 ? -1 : Math.log2(left & -left);
}

export function rest(one: Relay): void {
  Object.assign(one, { at: 0, outbox: 0, dueRows: 0, waiting: 0, awaited: 0, published: 0, hasFailed: 0 });
}

export function isFree({ relays: all }: Delivery, receipt: number): boolean {
  return all.every((one) => one.receipt !== receipt);
}
