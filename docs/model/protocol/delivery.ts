import { each, inOrder, pairs, type Action, type Model } from '../checker/model.js';

const relay = 'libs/outbox/src/outbox-relay.ts#OutboxRelay';
const store = 'libs/outbox/src/mongo-outbox-store.ts#MongoOutboxStore';
const consumer = 'libs/messaging/src/inbox-consumer.ts#InboxConsumer';

/** A row of an outbox. */
type Row = {
  /** 0 not written yet, 1 pending, 2 published, 3 gone. */
  is: number;
  /** Consumers whose receipt is missing, one bit each. */
  awaits: number;
};

/** An outbox: what `dueAt` says. */
type Outbox = {
  /** 0 absent, 1 the time of a row, 2 a time to send again, 3 a second after a failure, 4 and on the claim of a relay. */
  due: number;
  /** Of 2: rows whose time it may be, one bit each. */
  dueOf: number;
};

type Relay = {
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

type Consumer = {
  /** 0 idle, 1 handles, 2 records, 3 sends the receipt and acknowledges. */
  at: number;
  message: number;
};

/** By message and consuming app. */
type Copy = {
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
  | 'a row that awaits nobody is forgotten';

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
const claimOf = (process: number): number => 4 + process;

/** Outbox, broker, inbox and receipts: `docs/model/README.md`. */
export function delivery(options: DeliveryOptions): Model<Delivery> {
  const { outboxOf, awaits, appOf, crashes, fault } = options;
  const messages = outboxOf.length;
  const apps = Math.max(...appOf) + 1;
  const relays = 2;
  const [ofMessages, ofRelays, ofConsumers] = [each(messages), each(relays), each(appOf.length)];
  const isFor = (message: number, app: number): boolean => ((awaits[message]! >> app) & 1) === 1;
  const copyOf = (state: Delivery, message: number, app: number): Copy => state.copies[message * apps + app]!;
  const anywhere = (message: number): number[] =>
    Array.from({ length: apps }, (_, app) => app).filter((app) => isFor(message, app));

  const actions: Action<Delivery>[] = [
    {
      name: 'a change and its row are written',
      of: [
        'libs/outbox/src/outbox-collection.ts#OutboxCollection.change',
        'libs/outbox/src/outbox-collection.ts#OutboxCollection.insertUnlessThere',
      ],
      cases: ofMessages,
      when: ({ rows }, message) =>
        rows[message]!.is === 0 && rows.every(({ is }, other) => other >= message || is > 0),
      then: ({ rows, outboxes }, message) => {
        rows[message]!.is = 1;
        const outbox = outboxes[outboxOf[message]!]!;
        [outbox.due, outbox.dueOf] = [1, 0];
      },
    },
    {
      name: 'a new document is carried by its writer',
      of: [`${relay}.carry`, 'apps/catalog-api/src/persistence/job-records.ts#JobRecords.accept'],
      cases: pairs(ofMessages, ofRelays),
      when: ({ rows, relays: all }, message, process) =>
        rows.every(({ is }, other) => (other < message ? is > 0 : is === 0)) &&
        outboxOf.indexOf(outboxOf[message]!) === message &&
        all[process]!.at === 0,
      then: (state, message, process) => {
        state.rows[message]!.is = 1;
        claim(state, outboxOf[message]!, process, 0);
      },
    },
    {
      name: 'a relay claims a due outbox',
      of: [`${store}.claimDue`, `${relay}.sweepOne`, `${relay}.isDue`],
      // Time passes unseen: which rows have waited for longer than `acceptTimeout` by now is open.
      cases: pairs(pairs(each(Math.max(...outboxOf) + 1), ofRelays), each(1 << messages)),
      when: ({ outboxes, relays: all, rows }, outbox, process, late) =>
        all[process]!.at === 0 &&
        isDue(outboxes[outbox]!, late, rows) &&
        rows.every(({ is }, row) => ((late >> row) & 1) === 0 || (is === 2 && outboxOf[row] === outbox)),
      then: claim,
    },
    {
      name: 'a relay publishes a row, and the broker confirms it',
      of: [`${relay}.publish`],
      cases: ofRelays,
      when: ({ relays: all }, process) => all[process]!.at === 1 && next(all[process]!) >= 0,
      then: (state, process) => {
        const one = state.relays[process]!;
        const message = next(one);
        one.published |= 1 << message;
        if (next(one) < 0) [one.at, one.dueRows] = [2, 0];
        arrive(state, message);
      },
    },
    {
      name: 'a confirm does not come',
      of: [`${relay}.publish`],
      isFault: true,
      cases: pairs(ofRelays, each(2)),
      when: ({ relays: all, crashes: left }, process) =>
        left > 0 && all[process]!.at === 1 && next(all[process]!) >= 0,
      then: (state, process, hasArrived) => {
        if (hasArrived === 1) arrive(state, next(state.relays[process]!));
        state.crashes -= 1;
        Object.assign(state.relays[process]!, { at: 2, dueRows: 0, hasFailed: 1 });
      },
    },
    {
      name: 'a relay marks what was published',
      of: [`${store}.markPublished`],
      cases: ofRelays,
      when: ({ relays: all }, process) => all[process]!.at === 2,
      then: (state, process) => {
        const one = state.relays[process]!;
        for (const [message, row] of state.rows.entries()) {
          const bit = 1 << message;
          if ((one.published & bit) === 0) continue;
          const isDone = (one.awaited & bit) === 0 || fault === 'row goes with the confirm';
          if (isDone && row.is !== 3) Object.assign(row, { is: 3 });
          else if (row.is !== 3) Object.assign(row, { is: 2 });
        }
        Object.assign(one, { at: 3, published: 0, awaited: 0 });
      },
    },
    {
      name: 'a relay lets go of an outbox',
      of: [`${store}.release`, `${relay}.nextDue`],
      cases: ofRelays,
      when: ({ relays: all }, process) => all[process]!.at === 3,
      then: ({ relays: all, outboxes }, process) => {
        const { outbox, waiting, hasFailed } = all[process]!;
        const document = outboxes[outbox]!;
        const due = hasFailed === 1 ? 3 : waiting === 0 ? 0 : 2;
        if (document.due === claimOf(process) || fault === 'due time is released without the claim')
          Object.assign(document, { due, dueOf: due === 2 ? waiting : 0 });
        rest(all[process]!);
      },
    },
    {
      name: 'the broker delivers, and a consumer looks whether it was handled',
      of: [`${consumer}.receive`, `${consumer}.handle`, 'libs/outbox/src/mongo-inbox.ts#MongoInbox.check'],
      cases: pairs(ofMessages, ofConsumers),
      when: (state, message, process) =>
        isFor(message, appOf[process]!) &&
        state.consumers[process]!.at === 0 &&
        copyOf(state, message, appOf[process]!).ready > 0,
      then: (state, message, process) => {
        const copy = copyOf(state, message, appOf[process]!);
        copy.ready -= 1;
        Object.assign(state.consumers[process]!, { at: copy.isRecorded === 1 ? 3 : 1, message });
        if (fault === 'receipt before the change is saved') copy.receipt = 1;
      },
    },
    {
      name: 'a handler saves its change',
      of: [`${consumer}.run`, 'apps/job-assembler/src/persistence/mongo-jobs.ts#MongoJobs.accept'],
      cases: ofConsumers,
      when: ({ consumers }, process) => consumers[process]!.at === 1,
      then: (state, process) => {
        copyOf(state, state.consumers[process]!.message, appOf[process]!).isSaved = 1;
        state.consumers[process]!.at = 2;
      },
    },
    {
      name: 'a handler fails, and a copy waits in a retry tier',
      of: [`${consumer}.settle`],
      cases: ofConsumers,
      when: ({ consumers }, process) => consumers[process]!.at === 1,
      then: (state, process) => giveBack(state, process),
    },
    {
      name: 'a consumer records the message',
      of: ['libs/outbox/src/mongo-inbox.ts#MongoInbox.record'],
      cases: ofConsumers,
      when: ({ consumers }, process) => consumers[process]!.at === 2,
      then: (state, process) => {
        copyOf(state, state.consumers[process]!.message, appOf[process]!).isRecorded = 1;
        state.consumers[process]!.at = 3;
      },
    },
    {
      name: 'a consumer sends the receipt, and acknowledges',
      of: [`${consumer}.handle`, 'libs/messaging/src/receipt.ts#receiptFor', `${consumer}.receive`],
      cases: ofConsumers,
      when: ({ consumers }, process) => consumers[process]!.at === 3,
      then: (state, process) => {
        copyOf(state, state.consumers[process]!.message, appOf[process]!).receipt = 1;
        Object.assign(state.consumers[process]!, { at: 0, message: 0 });
      },
    },
    {
      name: 'a receipt is lost',
      of: [],
      isFault: true,
      cases: pairs(ofMessages, each(apps)),
      when: (state, message, app) =>
        state.crashes > 0 && copyOf(state, message, app).receipt === 1 && isFree(state, message * apps + app),
      then: (state, message, app) => {
        copyOf(state, message, app).receipt = 0;
        state.crashes -= 1;
      },
    },
    ...(apps === 1 ? [wholeReceipt()] : halfReceipts()),
    {
      name: 'a process with a relay dies',
      of: [],
      isFault: true,
      cases: ofRelays,
      when: ({ relays: all, crashes: left }, process) =>
        left > 0 && (all[process]!.at > 0 || all[process]!.receipt >= 0),
      then: (state, process) => {
        const one = state.relays[process]!;
        rest(one);
        Object.assign(one, { receipt: -1, isHalf: 0 });
        state.crashes -= 1;
      },
    },
    {
      name: 'a consuming process dies',
      of: [],
      isFault: true,
      cases: ofConsumers,
      when: ({ consumers, crashes: left }, process) => left > 0 && consumers[process]!.at > 0,
      then: (state, process) => {
        giveBack(state, process);
        state.crashes -= 1;
      },
    },
    {
      name: 'the broker forgets a queue',
      of: [],
      isFault: true,
      cases: each(apps),
      when: ({ crashes: left, copies }, app) =>
        left > 0 && copies.some(({ ready }, index) => ready > 0 && index % apps === app),
      then: (state, app) => {
        for (const [index, copy] of state.copies.entries()) if (index % apps === app) copy.ready = 0;
        state.crashes -= 1;
      },
    },
  ];

  /** Where no message is for two apps, the first of the two writes does all. */
  function wholeReceipt(): Action<Delivery> {
    return {
      name: 'a receipt takes the row away',
      of: ['libs/messaging/src/receipt.ts#parseReceipt', `${relay}.flush`, `${store}.accept`],
      cases: ofMessages,
      when: ({ copies }, message) => copies[message]!.receipt === 1,
      then: ({ copies, rows }, message) => {
        copies[message]!.receipt = 0;
        if (rows[message]!.is !== 3) rows[message]!.is = 3;
      },
    };
  }

  function halfReceipts(): Action<Delivery>[] {
    return [
      {
        name: 'a relay takes a receipt',
        of: ['libs/messaging/src/receipt.ts#parseReceipt', `${relay}.start`],
        cases: pairs(pairs(ofMessages, each(apps)), ofRelays),
        when: (state, message, app, process) =>
          copyOf(state, message, app).receipt === 1 &&
          state.relays[process]!.receipt < 0 &&
          isFree(state, message * apps + app),
        then: (state, message, app, process) => {
          state.relays[process]!.receipt = message * apps + app;
        },
      },
      {
        name: 'a receipt takes the row away that awaits nobody else',
        of: [`${store}.accept`, `${relay}.flush`],
        cases: ofRelays,
        when: ({ relays: all }, process) => all[process]!.receipt >= 0 && all[process]!.isHalf === 0,
        then: (state, process) => {
          const one = state.relays[process]!;
          const row = state.rows[Math.floor(one.receipt / apps)]!;
          const isLast =
            row.awaits === 1 << (one.receipt % apps) || fault === 'row goes with the first receipt';
          if (isLast && row.is !== 3) row.is = 3;
          one.isHalf = 1;
        },
      },
      {
        name: 'a receipt takes its consumer off the row',
        of: [`${store}.accept`],
        cases: ofRelays,
        when: ({ relays: all }, process) => all[process]!.isHalf === 1,
        then: (state, process) => {
          const one = state.relays[process]!;
          const row = state.rows[Math.floor(one.receipt / apps)]!;
          if (row.is !== 3) row.awaits &= ~(1 << (one.receipt % apps));
          state.copies[one.receipt]!.receipt = 0;
          Object.assign(one, { receipt: -1, isHalf: 0 });
        },
      },
    ];
  }

  /** Its time may have come; a time to send again is that of a row that is late by then, or gone. */
  function isDue({ due, dueOf }: Outbox, late: number, rows: readonly Row[]): boolean {
    if (due !== 2) return due > 0;
    return rows.some(({ is }, row) => ((dueOf >> row) & 1) === 1 && (is === 3 || ((late >> row) & 1) === 1));
  }

  function claim(state: Delivery, outbox: number, process: number, late: number): void {
    Object.assign(state.outboxes[outbox]!, { due: claimOf(process), dueOf: 0 });
    const one = state.relays[process]!;
    Object.assign(one, { at: 3, outbox, dueRows: 0, waiting: 0, awaited: 0, published: 0, hasFailed: 0 });
    for (const [message, { is, awaits: missing }] of state.rows.entries()) {
      if (outboxOf[message] !== outbox || is === 0 || is === 3) continue;
      if (is === 1 || ((late >> message) & 1) === 1)
        [one.at, one.dueRows] = [1, one.dueRows | (1 << message)];
      // A row that is left after its last receipt is waited for like any other: it goes when it is sent once more.
      if (missing > 0 || fault !== 'a row that awaits nobody is forgotten') one.waiting |= 1 << message;
      if (missing > 0) one.awaited |= 1 << message;
    }
  }

  /** The first row that it has still to publish, or -1. */
  function next({ dueRows, published }: Relay): number {
    const left = dueRows & ~published;
    return left === 0 ? -1 : Math.log2(left & -left);
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

  function rest(one: Relay): void {
    Object.assign(one, { at: 0, outbox: 0, dueRows: 0, waiting: 0, awaited: 0, published: 0, hasFailed: 0 });
  }

  function isFree({ relays: all }: Delivery, receipt: number): boolean {
    return all.every((one) => one.receipt !== receipt);
  }

  const isAccepted = (state: Delivery, message: number): boolean =>
    anywhere(message).every((app) => copyOf(state, message, app).isRecorded === 1);

  return {
    name: 'delivery',
    initial: {
      rows: awaits.map((missing) => ({ is: 0, awaits: missing })),
      outboxes: [...new Set(outboxOf)].map(() => ({ due: 0, dueOf: 0 })),
      relays: ofRelays.map(() => ({
        ...{ at: 0, outbox: 0, dueRows: 0, waiting: 0, awaited: 0, published: 0, hasFailed: 0 },
        ...{ receipt: -1, isHalf: 0 },
      })),
      consumers: appOf.map(() => ({ at: 0, message: 0 })),
      copies: Array.from({ length: messages * apps }, () => ({
        ...{ ready: 0, isSaved: 0, isRecorded: 0, receipt: 0 },
      })),
      crashes,
    },
    actions,
    always: {
      'a row goes only when its consumers are responsible': (state) =>
        state.rows.every(({ is }, message) => is !== 3 || isAccepted(state, message)),
      'what is recorded as handled is saved': ({ copies }) =>
        copies.every(({ isSaved, isRecorded }) => isRecorded === 0 || isSaved === 1),
      'a row that is there is looked at again': (state) =>
        state.rows.every(
          ({ is }, message) => is === 0 || is === 3 || state.outboxes[outboxOf[message]!]!.due > 0,
        ),
    },
    renamed: renamingOf(options),
    inReach: {
      'every message is handled, and its row is gone': (state) =>
        state.rows.every(({ is }, message) => is === 3 && isAccepted(state, message)),
      'every outbox is quiet': ({ outboxes, rows }) =>
        rows.every(({ is }) => is === 3) && outboxes.every(({ due }) => due === 0),
    },
  };
}

/** Relays differ in names only; so do consuming processes of one app, and messages that are alike. */
function renamingOf({ outboxOf, appOf, awaits }: DeliveryOptions): (state: Delivery) => Delivery {
  const isOneApp = appOf.every((app) => app === appOf[0]);
  const areAlike =
    new Set(outboxOf).size === 2 && outboxOf.length === 2 && isOneApp && awaits[0] === awaits[1];
  return (state) => {
    let named = state;
    if (areAlike && inOrder([named.rows[0]!, named.copies[0]!], [named.rows[1]!, named.copies[1]!]) > 0)
      named = exchanged(named);
    if (inOrder(named.relays[0]!, named.relays[1]!) > 0)
      named = {
        ...named,
        relays: named.relays.toReversed(),
        outboxes: named.outboxes.map(({ due, dueOf }) => ({ due: due < 4 ? due : 9 - due, dueOf })),
      };
    if (isOneApp && inOrder(named.consumers[0]!, named.consumers[1]!) > 0)
      named = { ...named, consumers: named.consumers.toReversed() };
    return named;
  };
}

/** The two messages, and their outboxes; of one consuming app. */
function exchanged(state: Delivery): Delivery {
  const bits = (mask: number): number => ((mask & 1) << 1) | (mask >> 1);
  return {
    ...state,
    rows: state.rows.toReversed(),
    copies: state.copies.toReversed(),
    outboxes: state.outboxes.toReversed().map(({ due, dueOf }) => ({ due, dueOf: bits(dueOf) })),
    relays: state.relays.map((one) => ({
      ...one,
      outbox: one.at === 0 ? 0 : 1 - one.outbox,
      ...{ dueRows: bits(one.dueRows), waiting: bits(one.waiting) },
      ...{ awaited: bits(one.awaited), published: bits(one.published) },
      receipt: one.receipt < 0 ? -1 : 1 - one.receipt,
    })),
    consumers: state.consumers.map(({ at, message }) => ({ at, message: at === 0 ? 0 : 1 - message })),
  };
}
