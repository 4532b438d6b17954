import { connect } from 'amqplib';
import { disconnectAccount, Naming } from '#messaging';
import type { Hands } from '../../apps/admin-cli/src/check-worker/hands.js';
import type { CheckResult } from '../../apps/admin-cli/src/check-worker/run-checks.js';
import type { PythonWorker } from './python-worker.js';

export function outcomesOf(document: object): readonly CheckResult[] {
  return (document as { checks: CheckResult[] }).checks;
}

/** All that can be done to a worker. */
export function withDisconnection(worker: PythonWorker): Hands {
  const management = new URL(process.env['RABBITMQ_MANAGEMENT_URL'] ?? '');
  const account = new Naming(worker.prefix).workerAccountOf(worker.target);
  return { ...worker.hands, disconnect: () => disconnectAccount(management, account) };
}

/** The queue is the check's own, and stays: the next run of the same author finds it. */
export async function removeQueue({ prefix, target }: PythonWorker): Promise<void> {
  const connection = await connect(process.env['RABBITMQ_URL'] ?? '');
  const channel = await connection.createChannel();
  await channel.deleteQueue(new Naming(prefix).workerQueueOf(target));
  await channel.deleteExchange(`${prefix}.archival`);
  await connection.close();
}
