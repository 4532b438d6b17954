import { each, pairs, type Action } from '../../checker/model.js';
import { isFree, type Delivery, type DeliveryScene } from './delivery-state.js';

const relay = 'libs/outbox/src/outbox-relay.ts#OutboxRelay';
const store = 'libs/outbox/src/mongo-outbox-store.ts#MongoOutboxStore';

/** How receipts are taken in: by one of the relays, which is the other one's twin. */
export function receiptActions(scene: DeliveryScene): Action<Delivery>[] {
  return scene.apps === 1 ? [wholeReceipt(scene)] : halfReceipts(scene);
}

/** Where no message is for two apps, the first of the two writes does all. */
function wholeReceipt({ ofMessages }: DeliveryScene): Action<Delivery> {
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

function halfReceipts({ ofMessages, ofRelays, apps, fault, copyOf }: DeliveryScene): Action<Delivery>[] {
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
