import type { WorkOrder as Work } from '../../../apps/archiver/src/persistence/records.js';
import { limits } from '../apps/settings.js';
import type { Invariant } from './invariant.js';
import { Records } from './records.js';

/** Only the worker with the newest token changes an order that runs, and an end is for good. */
export const onlyTheHolderWrites: Invariant = {
  name: 'only the holder of an order ends it',
  watch({ installation }, report) {
    const seen = new Map<string, Pick<Work, 'epoch' | 'state'> & { readonly holder: string }>();
    installation.databases.archiver.afterWrites.push(({ collection, process, method }) => {
      if (collection !== 'works') return;
      for (const { _id, epoch, state } of new Records(installation).works) {
        const before = seen.get(_id);
        const isTaken = before === undefined || epoch > before.epoch;
        if (before !== undefined && before.state !== 'open' && state !== before.state)
          report(
            `Expected order ${_id} to stay ${before.state}, found ${state} after ${method} of ${process}.`,
          );
        if (before !== undefined && epoch < before.epoch)
          report(`Expected the token of ${_id} to grow, found ${epoch} after ${before.epoch}.`);
        if (before?.state === 'open' && state !== 'open' && process !== before.holder && epoch > 0)
          report(`Expected ${before.holder}, which holds ${_id}, to end it, found that ${process} did.`);
        seen.set(_id, { epoch, state, holder: isTaken ? process : before.holder });
      }
    });
  },
};

/**
 * Work is released within the limits, whoever releases it. What waits at the archiver for something that is away counts at its
 * targets only (`domain/slots.ts`), and may go on at any moment: what ever waited is not counted otherwise.
 */
export const limitsHold: Invariant = {
  name: 'limits hold',
  watch({ installation }, report) {
    const waited = new Set<string>();
    installation.databases['job-assembler'].afterWrites.push(({ collection }) => {
      if (collection !== 'work_orders') return;
      const held = new Records(installation).orders.filter(({ state }) => state === 'released');
      for (const { _id, waitCode } of held) if (waitCode !== undefined) waited.add(_id);
      const moving = held.filter(({ _id }) => !waited.has(_id));
      const most = (
        released: typeof held,
        name: string,
        limit: number,
        keyOf: (order: (typeof held)[number]) => string,
      ): void => {
        const counts = new Map<string, number>();
        for (const order of released) counts.set(keyOf(order), (counts.get(keyOf(order)) ?? 0) + 1);
        for (const [key, count] of counts)
          if (count > limit)
            report(`Expected at most ${limit} released orders of ${name} ${key}, found ${count}.`);
      };
      most(moving, 'the installation', limits.global, () => '');
      most(moving, 'group', limits.perGroup, ({ group }) => group);
      most(held, 'target', limits.perTarget, ({ target }) => target);
    });
  },
};

/** Releases of other groups for the same target that an order may see while its own group has nothing released. */
const maxOvertaken = 5;

/** No group's work waits while that of others is released again and again. */
export const nobodyStarves: Invariant = {
  name: 'no group starves',
  watch({ installation }, report) {
    const overtaken = new Map<string, number>();
    const released = new Set<string>();
    installation.databases['job-assembler'].afterWrites.push(({ collection }) => {
      if (collection !== 'work_orders') return;
      const { orders } = new Records(installation);
      for (const order of orders) {
        if (order.state !== 'released' || released.has(order._id)) continue;
        released.add(order._id);
        for (const { _id, state, group, target } of orders) {
          if (state !== 'planned' || group === order.group || target !== order.target) continue;
          if (orders.some((one) => one.state === 'released' && one.group === group)) continue;
          const count = (overtaken.get(_id) ?? 0) + 1;
          overtaken.set(_id, count);
          if (count > maxOvertaken)
            report(
              `Expected order ${_id} of group ${group} to be released in its turn, found ${count} others before it.`,
            );
        }
      }
    });
  },
};
