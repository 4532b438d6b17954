import { inOrder, type Model } from '../../checker/model.js';
import { sceneOf, type Delivery, type DeliveryOptions } from './delivery-state.js';
import { receiptActions } from './receipt-actions.js';
import { receivingActions } from './receiving-actions.js';
import { sendingActions } from './sending-actions.js';

/** Outbox, broker, inbox and receipts: `docs/model/README.md`. */
export function delivery(options: DeliveryOptions): Model<Delivery> {
  const scene = sceneOf(options);
  const { outboxOf, awaits, appOf } = options;
  return {
    name: 'delivery',
    initial: {
      rows: awaits.map((missing) => ({ is: 0, awaits: missing })),
      outboxes: [...new Set(outboxOf)].map(() => ({ due: 0, dueOf: 0 })),
      relays: scene.ofRelays.map(() => ({
        ...{ at: 0, outbox: 0, dueRows: 0, waiting: 0, awaited: 0, published: 0, hasFailed: 0 },
        ...{ receipt: -1, isHalf: 0 },
      })),
      consumers: appOf.map(() => ({ at: 0, message: 0 })),
      copies: Array.from({ length: outboxOf.length * scene.apps }, () => ({
        ...{ ready: 0, isSaved: 0, isRecorded: 0, receipt: 0 },
      })),
      crashes: options.crashes,
    },
    actions: [...sendingActions(scene), ...receivingActions(scene), ...receiptActions(scene)],
    always: {
      'a row goes only when its consumers are responsible': (state) =>
        state.rows.every(({ is }, message) => is !== 3 || scene.isAccepted(state, message)),
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
        state.rows.every(({ is }, message) => is === 3 && scene.isAccepted(state, message)),
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
