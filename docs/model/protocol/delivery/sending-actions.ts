import { each, pairs, type Action } from '../../checker/model.js';
import { claimOf, isDue, next, rest, type Delivery, type DeliveryScene } from './delivery-state.js';

const relay = 'libs/outbox/src/outbox-relay.ts#OutboxRelay';
const store = 'libs/outbox/src/mongo-outbox-store.ts#MongoOutboxStore';

/** Outboxes, and the two relays that carry what lies in them. */
export function sendingActions(scene: DeliveryScene): Action<Delivery>[] {
  const { outboxOf, fault, ofMessages, ofRelays, claim, arrive } = scene;
  const messages = outboxOf.length;
  return [
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
        const none = fault === 'an outbox without rows stays due' ? 3 : 0;
        const due = hasFailed === 1 ? 3 : waiting === 0 ? none : 2;
        if (document.due === claimOf(process) || fault === 'due time is released without the claim')
          Object.assign(document, { due, dueOf: due === 2 ? waiting : 0 });
        rest(all[process]!);
      },
    },
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
  ];
}
