import { each, pairs, type Action } from '../../checker/model.js';
import { handled, said, work, type Trip, type TripFault } from './trip-state.js';

const orders = 'apps/archiver/src/persistence/work-orders.ts#WorkOrders';
const endings = 'apps/archiver/src/run-work/work-endings.ts#WorkEndings';
const consumer = 'apps/archiver/src/accept-work/work-orders.consumer.ts#WorkOrdersConsumer';

/**
 * What the archiver does for a job. That two workers bring a work order to one end, that "done" means verified and "cancelled" that
 * nothing is left, is shown in `archiving.ts`, and taken for granted here.
 */
export function archiverActions(fault: TripFault | undefined): Action<Trip>[] {
  return [
    {
      name: 'the archiver accepts the work order, once',
      of: [`${consumer}.accept`, `${orders}.accept`],
      cases: each(2),
      when: ({ jobs }, index) => jobs[index]!.messages.archiveDatablock === said,
      then: ({ jobs }, index) => {
        const { messages, archiver } = jobs[index]!;
        messages.archiveDatablock = handled;
        if (archiver.is === work.none) archiver.is = work.open;
      },
    },
    {
      name: 'the archiver notes that the work order is to stop; a request that overtook it is kept until it is there',
      of: [`${consumer}.cancel`, `${orders}.requestCancel`],
      cases: each(2),
      when: ({ jobs }, index) =>
        jobs[index]!.messages.cancelWork === said && jobs[index]!.archiver.is !== work.none,
      then: ({ jobs }, index) => {
        jobs[index]!.messages.cancelWork = handled;
        // What is over stays as it is, whatever the record says of a request.
        if (jobs[index]!.archiver.is === work.open) jobs[index]!.archiver.isAskedToEnd = 1;
      },
    },
    {
      name: 'a worker ends the work order as done or failed',
      of: [`${endings}.done`, `${endings}.after`, `${orders}.end`],
      cases: pairs(each(2), [[work.done], [work.failed]]),
      when: ({ jobs }, index) => jobs[index]!.archiver.is === work.open,
      then: end,
    },
    {
      name: 'a worker ends the work order as cancelled',
      of: [`${endings}.cancelled`, `${orders}.end`],
      cases: pairs(each(2), [[work.cancelled]]),
      when: ({ jobs }, index) =>
        jobs[index]!.archiver.isAskedToEnd === 1 &&
        (jobs[index]!.archiver.is === work.open ||
          (fault === 'an end is not for good' && jobs[index]!.archiver.is === work.done)),
      then: end,
    },
  ];
}

/** One write: the end, and the message about it. */
function end({ jobs }: Trip, index: number, as: number): void {
  const owner = jobs[index]!;
  owner.archiver.is = as;
  owner.result = as;
  owner.messages.result = said;
}
