import { each, pairs, type Action } from '../../checker/model.js';
import { isFree, type Delivery, type DeliveryScene } from './delivery-state.js';

const consumer = 'libs/messaging/src/inbox-consumer.ts#InboxConsumer';

/** The broker, and the two processes that handle what it brings. */
export function receivingActions(scene: DeliveryScene): Action<Delivery>[] {
  const { appOf, apps, fault, ofMessages, ofConsumers, isFor, copyOf, giveBack } = scene;
  return [
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
        if (fault === 'a message is recorded before it is handled') copy.isRecorded = 1;
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
}
