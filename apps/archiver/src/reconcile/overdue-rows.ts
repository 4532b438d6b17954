import { Injectable } from '@nestjs/common';
import { nothingToRepair, ReconciliationCheck, type Finding, type Look } from '#service-host';
import { ReconciledRecords } from '../persistence/reconciled-records.js';

/** Work that no archiver takes, and retrieved copies that no sweep removes, long after their time. */
@Injectable()
export class OverdueRows extends ReconciliationCheck {
  readonly name = 'work and copies beyond their time';
  readonly repair = nothingToRepair;

  constructor(private readonly records: ReconciledRecords) {
    super();
  }

  async *findings(look: Look): AsyncGenerator<Finding> {
    for await (const { _id, jobId, dueAt, needs, command } of this.records.dueBefore(look.oldEnough)) {
      look.looked();
      const targets = needs === undefined ? 'any archiver' : `an archiver of ${needs.targets.join(', ')}`;
      yield {
        ...{ kind: 'work-not-taken', subject: _id, where: `job ${jobId}`, canRepair: false },
        expected: `${targets} that takes it (${command.kind})`,
        found: `none since ${dueAt.toISOString()}`,
        remedy:
          'see that an archiver with these targets runs (ROUTES_FILE, ARCHIVER_TARGETS), or cancel the job',
      };
    }
    for await (const { _id, expiresAt, until } of this.records.overBefore(look.oldEnough)) {
      look.looked();
      yield {
        ...{ kind: 'retrieved-overdue', subject: _id, where: 'archiver: retrieved_copies', canRepair: false },
        expected: `a sweep that removes it, once its time was over (${(expiresAt ?? until).toISOString()})`,
        found: 'the record still there',
        remedy: 'look in the log of archiver for "could not remove expired copies"',
      };
    }
  }
}
