import type { Provider } from '@nestjs/common';
import { Clock } from '#kernel';
import { Inbox, MessageTransport, Naming } from '#messaging';
import { LOGGER, type Logger } from '#observability';
import { AuditTrail, BulkRuns, OperatorActions, type AuditRecord, type Deed } from '#operations';
import { bulkActions, ParkedBulk, ParkedDecisions, ParkedLists } from '#outbox';
import { MongoConnection } from '#persistence';
import type { ServiceHostOptions } from '../service-host.options.js';
import { BulkLoop, OperationsSweep } from './operations-sweep.js';
import { ParkedFacts, WhySources } from './why.controller.js';

/** An action may wait for the broker, and for a database that is slow. */
const graces = 4;

/** What every app needs for what people ask of it and do to it. */
export function operationsProviders(options: ServiceHostOptions): Provider[] {
  return [
    {
      provide: AuditTrail,
      inject: [MongoConnection, Clock],
      useFactory: ({ connection }: MongoConnection, clock: Clock) =>
        new AuditTrail(connection, clock, options.auditRetention),
    },
    {
      provide: ParkedLists,
      inject: [MongoConnection],
      useFactory: ({ connection }: MongoConnection) => new ParkedLists(connection),
    },
    {
      provide: ParkedDecisions,
      inject: [MongoConnection, MessageTransport, Naming, Inbox, Clock, LOGGER],
      useFactory: (
        { connection }: MongoConnection,
        transport: MessageTransport,
        naming: Naming,
        inbox: Inbox,
        clock: Clock,
        logger: Logger,
      ) => {
        const address = { app: options.app, naming };
        return new ParkedDecisions(connection, transport, address, inbox, clock, logger, options.outboxLease);
      },
    },
    {
      provide: BulkRuns,
      inject: [MongoConnection, Clock, ParkedLists, ParkedDecisions],
      useFactory: (
        { connection }: MongoConnection,
        clock: Clock,
        lists: ParkedLists,
        decisions: ParkedDecisions,
      ) => {
        const runs = new BulkRuns(connection, clock, options.outboxLease);
        for (const action of bulkActions)
          runs.addSource(`parking-lot.${action}`, new ParkedBulk(action, lists, decisions));
        return runs;
      },
    },
    {
      provide: OperatorActions,
      inject: [AuditTrail, ParkedDecisions, BulkRuns, LOGGER],
      useFactory: (trail: AuditTrail, decisions: ParkedDecisions, runs: BulkRuns, logger: Logger) => {
        const actions = new OperatorActions(trail, logger, graces * options.outboxLease);
        addWitnesses(actions, decisions, runs);
        return actions;
      },
    },
    BulkLoop,
    OperationsSweep,
    ParkedFacts,
    WhySources,
  ];
}

/** Records of parked messages and of bulk runs bear the id of the audit entry that changed them. */
function addWitnesses(actions: OperatorActions, decisions: ParkedDecisions, runs: BulkRuns): void {
  for (const action of ['replay', 'discard', 'restore', 'edit', 'note'] as const)
    actions.addWitness(`parking-lot.${action}`, async ({ _id, subject }) => {
      const id = behindSlash(subject);
      const message = await decisions.decidedBy(id, _id);
      const decided = message?.decisions?.findLast((one) => one.id === _id);
      return message && { after: { id, ...(decided === undefined ? {} : { state: decided.state }) } };
    });
  actions.addWitness('bulk.start', async ({ _id }) => {
    const run = await runs.byEntry(_id, _id);
    return run && { after: { run: run.id, kind: run.kind, filter: run.filter, found: run.found } };
  });
  actions.addWitness('bulk.stop', async ({ _id, subject }: AuditRecord): Promise<Deed | undefined> => {
    const run = await runs.byEntry(behindSlash(subject), _id);
    if (run?.stopped === undefined) return undefined;
    const { kind, done, skipped, failed, left } = run;
    return { before: { state: 'running' }, after: { state: 'stopped', kind, done, skipped, failed, left } };
  });
}

/** What a subject names, without the kind of thing before its first slash. */
export function behindSlash(subject: string): string {
  return subject.slice(subject.indexOf('/') + 1);
}
