import type { AppName } from '#contracts';
import type { BrokerAccounts, CatalogueApp } from '#messaging';
import type { OutboxPlace } from '#outbox';
import type { ObservationOptions } from './observation.config.js';

export interface ServiceHostOptions {
  /** The part it plays in the conversation: its account, queues and messages. */
  readonly app: AppName;
  /** What people know it by, in logs, numbers, traces and at its services. */
  readonly name: string;
  /** Of an app that plays the catalogue's side: it holds that place at the broker, and runs beside none of another kind. */
  readonly catalogueSide?: CatalogueApp | undefined;
  readonly mongodbUri: string;
  readonly rabbitmqUrl: string;
  readonly brokerAccounts: BrokerAccounts;
  /** Targets that others operate, whose workers' queues it makes. */
  readonly outsideTargets?: readonly string[];
  /** First part of every exchange and queue name. */
  readonly prefix: string;
  /** Milliseconds of each retry tier. */
  readonly retryDelays: readonly number[];
  /** Bytes of the largest message taken. */
  readonly messageLimit: number;
  /** Milliseconds without a receipt after which a message is sent again. */
  readonly acceptTimeout: number;
  /** Milliseconds after which another relay may send what a crashed one had taken. */
  readonly outboxLease: number;
  readonly outboxes: readonly OutboxPlace[];
  /** pino level name. */
  readonly logLevel: string;
  /** Milliseconds that running requests may take when the process is told to end. */
  readonly shutdownPatience: number;
  /** Milliseconds after which a process that was told to end says what it waits for and ends all the same. */
  readonly shutdownDeadline: number;
  /** Milliseconds without a sign of life after which a loop fails liveness. */
  readonly livenessLimit: number;
  /** Milliseconds the broker may take for one answer. */
  readonly brokerAnswerLimit: number;
  /** Bearer token for the operator's calls; without one they are refused. */
  readonly operationsToken: string | undefined;
  /** Milliseconds that entries of the audit trail stay. */
  readonly auditRetention: number;
  /** Groups whose members may send other data in place of a parked message; undefined: nobody may. */
  readonly parkingLotEditors?: readonly string[] | undefined;
  /** Milliseconds: what is younger is not judged by a reconciliation. */
  readonly reconcileMinAge: number;
  /** Which installation the app belongs to, for those who ask whether it is ready; undefined: it does not say. */
  readonly installation?: string | undefined;
  /** Numbers and traces. */
  readonly observation: ObservationOptions;
}

export const SERVICE_HOST_OPTIONS = Symbol('ServiceHostOptions');
