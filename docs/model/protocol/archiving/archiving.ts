import { each, inOrder, pairs, type Action, type Model } from '../../checker/model.js';

const orders = 'apps/archiver/src/persistence/work-orders.ts#WorkOrders';
const runner = 'apps/archiver/src/run-work/work-runner.ts#WorkRunner';
const endings = 'apps/archiver/src/run-work/work-endings.ts#WorkEndings';
const worker = 'libs/leased-work/src/leased-worker.ts#LeasedWorker';
const writer = 'apps/archiver/src/archive-datablock/copy-writer.ts#CopyWriter';
const copies = 'apps/archiver/src/archive-datablock/proven-copies.ts#ProvenCopies';
const fresh = 'apps/archiver/src/archive-datablock/new-datablock.ts#NewDatablock';
const discard = 'apps/archiver/src/discard-datablock/discard-datablock.handler.ts#DiscardDatablockHandler';
const datablocks = 'apps/archiver/src/persistence/datablocks.ts#Datablocks';
const consumer = 'apps/archiver/src/accept-work/work-orders.consumer.ts#WorkOrdersConsumer';

/** A work order to archive one datablock, with the datablock and its tar. */
type Order = {
  /** 0 not accepted yet, 1 open, 2 done, 3 failed, 4 cancelled. */
  is: number;
  /** The worker that took it last, from 1 on: its token is the newest. */
  holder: number;
  isDue: number;
  /** 0 nobody asks for its end, 1 the request is on its way, 2 it is noted with the order. */
  cancel: number;
  /** Whose write ended it, and how many messages tell of that. */
  endedBy: number;
  said: number;
  /** The record of the datablock: 0 none, 1 verified, 2 discarded. */
  record: number;
  /** Under its name on long-term storage: 0 nothing, 1 what is wanted, 2 something else. */
  tar: number;
  /** Of the bytes that lie there: those that are written later have another one. */
  mark: number;
};

type Worker = {
  /** Idle 0; else the place in the code where it is. */
  at: number;
  order: number;
  /** Of the bytes that it has read. */
  mark: number;
};

const at = {
  ...{
    idle: 0,
    taken: 1,
    written: 2,
    verified: 3,
    recorded: 4,
    stopping: 5,
    inTheWay: 6,
    failed: 7,
    back: 8,
  },
  ...{ mayUndo: 9, discarded: 10, undone: 11, told: 12 },
} as const;
const is = { absent: 0, open: 1, done: 2, failed: 3, cancelled: 4 } as const;

export type Archiving = { orders: Order[]; workers: Worker[]; crashes: number };

export type ArchivingFault =
  | 'an end asks for no token'
  | 'the message of an end is written before it'
  | 'says archived before it verified'
  | 'a command that comes again is stored anew'
  | 'a stopped worker asks for no token'
  | 'a late record paints over the mark'
  | 'cancelled is said first'
  | 'no lease runs out'
  | 'a tar makes way by its name';

/** Two workers of the archiver and their work orders: `docs/model/README.md`. */
export function archiving(options: {
  readonly crashes: number;
  readonly fault?: ArchivingFault;
}): Model<Archiving> {
  const { fault } = options;
  const [ofOrders, ofWorkers] = [each(2), each(2)];
  const holds = ({ orders: all, workers }: Archiving, one: number): boolean => {
    const { is: state, holder } = all[workers[one]!.order]!;
    return state === is.open && holder === one + 1;
  };
  const isAt = ({ workers }: Archiving, one: number, place: number): boolean => workers[one]!.at === place;
  const orderOf = ({ orders: all, workers }: Archiving, one: number): Order => all[workers[one]!.order]!;
  const isRunning = (place: number): boolean => place >= at.taken && place <= at.recorded;

  const actions: Action<Archiving>[] = [
    {
      name: 'a command is accepted, once however often it comes',
      of: [`${consumer}.accept`, `${orders}.accept`],
      cases: ofOrders,
      when: ({ orders: all }, order) =>
        all[order]!.is === is.absent ||
        (fault === 'a command that comes again is stored anew' && all[order]!.is > is.open),
      then: ({ orders: all }, order) => {
        Object.assign(all[order]!, { is: is.open, isDue: 1, holder: 0, endedBy: 0 });
      },
    },
    {
      name: 'job-assembler asks for the end of an order',
      of: ['apps/job-assembler/src/accept-job/job-cancellation.ts#JobCancellation.request'],
      cases: ofOrders,
      when: ({ orders: all }, order) => all[order]!.cancel === 0,
      then: ({ orders: all }, order) => {
        all[order]!.cancel = 1;
      },
    },
    {
      name: 'the request is noted; one that overtook its order is kept until it is there',
      of: [`${consumer}.cancel`, `${orders}.requestCancel`, `${orders}.hastenCancelled`],
      cases: ofOrders,
      when: ({ orders: all }, order) => all[order]!.cancel === 1 && all[order]!.is !== is.absent,
      then: ({ orders: all }, order) => {
        all[order]!.cancel = 2;
      },
    },
    {
      name: 'a worker takes an order that is due',
      of: [`${orders}.takeDue`, `${worker}.takeOne`],
      cases: pairs(ofOrders, ofWorkers),
      when: ({ orders: all, workers }, order, one) =>
        workers[one]!.at === at.idle && all[order]!.is === is.open && all[order]!.isDue === 1,
      then: ({ orders: all, workers }, order, one) => {
        Object.assign(all[order]!, { holder: one + 1, isDue: 0 });
        Object.assign(workers[one]!, { at: all[order]!.cancel === 2 ? at.stopping : at.taken, order });
      },
    },
    {
      name: 'a lease runs out',
      of: [],
      cases: ofOrders,
      when: ({ orders: all }, order) =>
        fault !== 'no lease runs out' && all[order]!.is === is.open && all[order]!.isDue === 0,
      then: ({ orders: all }, order) => {
        all[order]!.isDue = 1;
      },
    },
    {
      name: 'a heartbeat renews a lease',
      of: [`${orders}.renew`, `${runner}.renew`, 'libs/leased-work/src/heartbeat.ts#Heartbeat.beat'],
      cases: ofWorkers,
      when: (state, one) =>
        state.workers[one]!.at > at.idle && holds(state, one) && orderOf(state, one).isDue === 1,
      then: (state, one) => {
        orderOf(state, one).isDue = 0;
      },
    },
    {
      name: 'a worker hears that its lease is lost',
      of: [
        'libs/leased-work/src/heartbeat.ts#Heartbeat.tell',
        'apps/archiver/src/domain/after-fault.ts#afterFault',
      ],
      cases: ofWorkers,
      when: (state, one) => isRunning(state.workers[one]!.at) && !holds(state, one),
      then: rest,
    },
    {
      name: 'a worker hears that its order is to end',
      of: [`${runner}.interrupt`, `${runner}.cancel`, `${worker}.interrupt`],
      cases: ofWorkers,
      when: (state, one) => isRunning(state.workers[one]!.at) && orderOf(state, one).cancel === 2,
      then: ({ workers }, one) => {
        workers[one]!.at = at.stopping;
      },
    },
    {
      name: 'a worker packs, and gives the tar its name',
      of: [`${writer}.write`],
      cases: ofWorkers,
      when: (state, one) => isAt(state, one, at.taken) && orderOf(state, one).tar === 0,
      then: (state, one) => publish(state, one, 1),
    },
    {
      name: 'a worker packs, and storage keeps other bytes',
      of: [`${writer}.write`],
      isFault: true,
      cases: ofWorkers,
      when: (state, one) => state.crashes > 0 && isAt(state, one, at.taken) && orderOf(state, one).tar === 0,
      then: (state, one) => {
        state.crashes -= 1;
        publish(state, one, 2);
      },
    },
    {
      name: 'a worker finds a tar of an earlier try, and reads it',
      of: [`${writer}.finishedBefore`],
      cases: ofWorkers,
      when: (state, one) => isAt(state, one, at.taken) && orderOf(state, one).tar > 0,
      then: (state, one) => {
        const { tar, mark } = orderOf(state, one);
        Object.assign(state.workers[one]!, {
          at: tar === 1 ? at.verified : at.inTheWay,
          mark: tar === 1 ? 0 : mark,
        });
      },
    },
    {
      name: 'a worker has what lies in the way set aside',
      of: [`${writer}.makeWay`, 'apps/archiver/src/set-aside/set-aside.ts#SetAside.from'],
      cases: ofWorkers,
      when: (state, one) => isAt(state, one, at.inTheWay),
      then: (state, one) => {
        const order = orderOf(state, one);
        const isAsRead = order.mark === state.workers[one]!.mark;
        if (isAsRead || fault === 'a tar makes way by its name') Object.assign(order, { tar: 0, mark: 0 });
        Object.assign(state.workers[one]!, { at: at.taken, mark: 0 });
      },
    },
    {
      name: 'a worker reads its tar back',
      of: [`${copies}.first`, 'libs/datablock/src/verify-datablock.ts#verifyDatablock'],
      cases: ofWorkers,
      when: (state, one) => isAt(state, one, at.written),
      then: (state, one) => {
        const { tar } = orderOf(state, one);
        state.workers[one]!.at = [at.back, at.verified, at.failed][tar]!;
        if (fault === 'says archived before it verified') state.workers[one]!.at = at.verified;
      },
    },
    {
      name: 'a worker records the datablock as verified',
      of: [`${fresh}.record`, `${datablocks}.record`],
      cases: ofWorkers,
      when: (state, one) => isAt(state, one, at.verified),
      then: (state, one) => {
        const order = orderOf(state, one);
        if (order.record === 2 && fault !== 'a late record paints over the mark') return rest(state, one);
        order.record = 1;
        state.workers[one]!.at = at.recorded;
      },
    },
    {
      name: 'a worker ends its order as done',
      of: [`${endings}.done`, `${orders}.end`],
      cases: ofWorkers,
      when: (state, one) => isAt(state, one, at.recorded) || isAt(state, one, at.told),
      then: (state, one) => {
        const isFirst =
          fault === 'the message of an end is written before it' && isAt(state, one, at.recorded);
        if (!isFirst || !holds(state, one)) return end(state, one, is.done);
        orderOf(state, one).said += 1;
        state.workers[one]!.at = at.told;
      },
    },
    {
      name: 'a worker ends its order as failed',
      of: [`${endings}.after`, `${orders}.end`],
      cases: ofWorkers,
      when: (state, one) => isAt(state, one, at.failed),
      then: (state, one) => end(state, one, is.failed),
    },
    {
      name: 'a worker gives its order back',
      of: [`${endings}.giveBack`, `${orders}.giveBack`],
      cases: ofWorkers,
      when: (state, one) => isRunning(state.workers[one]!.at) || isAt(state, one, at.back),
      then: (state, one) => {
        if (holds(state, one)) orderOf(state, one).isDue = 1;
        rest(state, one);
      },
    },
    {
      name: 'a worker that is to stop asks whether the order is still its own',
      of: [`${endings}.cancelled`, `${orders}.renew`],
      cases: ofWorkers,
      when: (state, one) => isAt(state, one, at.stopping),
      then: (state, one) => {
        if (!holds(state, one) && fault !== 'a stopped worker asks for no token') return rest(state, one);
        if (holds(state, one)) orderOf(state, one).isDue = 0;
        state.workers[one]!.at = fault === 'cancelled is said first' ? at.undone : at.mayUndo;
      },
    },
    {
      name: 'the datablock is marked as discarded',
      of: [`${discard}.discard`, `${datablocks}.discard`],
      cases: ofWorkers,
      when: (state, one) => isAt(state, one, at.mayUndo),
      then: (state, one) => {
        orderOf(state, one).record = 2;
        state.workers[one]!.at = at.discarded;
      },
    },
    {
      name: 'its tar is set aside',
      of: [`${discard}.takeAway`],
      cases: ofWorkers,
      when: (state, one) => isAt(state, one, at.discarded),
      then: (state, one) => {
        Object.assign(orderOf(state, one), { tar: 0, mark: 0 });
        state.workers[one]!.at = at.undone;
      },
    },
    {
      name: 'a worker ends its order as cancelled',
      of: [`${endings}.cancelled`, `${orders}.end`],
      cases: ofWorkers,
      when: (state, one) => isAt(state, one, at.undone),
      then: (state, one) => end(state, one, is.cancelled),
    },
    {
      name: 'a worker dies',
      of: [],
      isFault: true,
      cases: ofWorkers,
      when: (state, one) => state.crashes > 0 && state.workers[one]!.at > at.idle,
      then: (state, one) => {
        rest(state, one);
        state.crashes -= 1;
      },
    },
  ];

  function rest({ workers }: Archiving, one: number): void {
    Object.assign(workers[one]!, { at: at.idle, order: 0, mark: 0 });
  }

  /** Its mark is one that no worker has read and no tar has. */
  function publish(state: Archiving, one: number, tar: number): void {
    const known = state.workers.map(({ mark }) => mark);
    const mark = [1, 2, 3].find((candidate) => !known.includes(candidate))!;
    Object.assign(orderOf(state, one), { tar, mark });
    state.workers[one]!.at = at.written;
  }

  /** One write that asks for the state and the token, and carries the message. */
  function end(state: Archiving, one: number, as: number): void {
    const order = orderOf(state, one);
    const more = fault === 'the message of an end is written before it' && as === is.done ? 0 : 1;
    const mayEnd = holds(state, one) || (fault === 'an end asks for no token' && order.is >= is.open);
    if (mayEnd)
      Object.assign(order, { is: as, isDue: 0, endedBy: one + 1, said: Math.min(order.said + more, 2) });
    rest(state, one);
  }

  return {
    name: 'archiving',
    initial: {
      orders: ofOrders.map(() => ({
        ...{ is: 0, holder: 0, isDue: 0, cancel: 0, endedBy: 0, said: 0, record: 0, tar: 0, mark: 0 },
      })),
      workers: ofWorkers.map(() => ({ at: 0, order: 0, mark: 0 })),
      crashes: options.crashes,
    },
    actions,
    always: {
      'archived is said only of what was verified, and lies there': ({ orders: all }) =>
        all.every((one) => one.is !== is.done || (one.record === 1 && one.tar === 1)),
      'nothing of a cancelled order is taken for verified': ({ orders: all }) =>
        all.every((one) => one.is !== is.cancelled || one.record === 2),
      'only the newest token ends an order': ({ orders: all }) =>
        all.every((one) => one.is <= is.open || one.endedBy === one.holder),
      'an end is told once': ({ orders: all }) => all.every(({ said }) => said <= 1),
    },
    steps: {
      'an end is for good': (before, after) =>
        before.orders.every((one, order) => one.is <= is.open || one.is === after.orders[order]!.is),
    },
    inReach: {
      'every order ends': ({ orders: all }) => all.every((one) => one.is > is.open),
    },
    renamed: (state) => {
      let named = state;
      if (inOrder(named.orders[0]!, named.orders[1]!) > 0)
        named = {
          ...named,
          orders: named.orders.toReversed(),
          workers: named.workers.map((one) => ({ ...one, order: one.at === at.idle ? 0 : 1 - one.order })),
        };
      if (inOrder(named.workers[0]!, named.workers[1]!) > 0)
        named = {
          ...named,
          workers: named.workers.toReversed(),
          orders: named.orders.map((one) => ({
            ...one,
            holder: one.holder === 0 ? 0 : 3 - one.holder,
            endedBy: one.endedBy === 0 ? 0 : 3 - one.endedBy,
          })),
        };
      return named;
    },
  };
}
