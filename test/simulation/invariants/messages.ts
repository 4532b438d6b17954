import type { Invariant } from './invariant.js';
import { Records } from './records.js';

/** Each message arrives, is handled, and is done with: none waits, none is dead, none is parked. */
export const noMessageIsLost: Invariant = {
  name: 'no message is lost, and none is left',
  judge({ installation }, report) {
    for (const address of new Records(installation).unsent)
      report(`Expected every message to be sent and accepted, found some in the outbox of ${address}.`);
    for (const [queue, messages] of installation.broker.waiting())
      report(
        `Expected empty queues, found ${messages.length} message(s) in ${queue}, first ${messages[0]!.type}.`,
      );
    for (const [app, database] of Object.entries(installation.databases))
      for (const parked of database.documents<{ type?: string; code?: string; reason?: string }>(
        'catena_parking_lot',
      ))
        report(
          `Expected no parked message at ${app}, found ${parked.type ?? ''} ${parked.code ?? ''} ${parked.reason ?? ''}.`,
        );
  },
};
