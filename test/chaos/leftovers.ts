import type mongoose from 'mongoose';
import { managementUrlOf, type AppName } from '../../tools/start/src/index.js';
import type { Installation } from '../support/installation.js';

type Database = mongoose.Connection;

/** Rows that are there only while something is under way: collection, condition, and what they are. */
const unfinished: Readonly<Partial<Record<AppName, readonly (readonly [string, object, string])[]>>> = {
  'catalog-api': [
    ['catena_dataset_claims', {}, 'claims'],
    ['Job', { 'catena.storing': true }, 'jobs being stored'],
    [
      'Job',
      { 'catena.workflow': { $exists: true }, 'catena.finished': { $ne: true } },
      'jobs without an end',
    ],
    ['OrigDatablock', { catenaIntent: { $exists: true } }, 'announced writes of file lists'],
    ['Datablock', { catenaIntent: { $exists: true } }, 'announced writes of datablocks'],
  ],
  'job-assembler': [
    ['jobs', { state: { $ne: 'finished' } }, 'jobs'],
    ['dataset_tasks', { state: { $in: ['planning', 'running', 'registering'] } }, 'datasets of jobs'],
    ['work_orders', { state: { $in: ['drafted', 'planned', 'released'] } }, 'work orders'],
  ],
  archiver: [
    ['works', { state: 'open' }, 'works'],
    ['retrieved_copies', { state: { $ne: 'present' } }, 'recalls'],
    ['retrieval_waits', {}, 'retrievals that wait for room'],
    ['set_aside', { state: { $ne: 'kept' } }, 'files aside under way'],
  ],
};

const maxShown = 3;

/** Everything that is still under way, or will be for ever: nothing when an installation has come to rest. */
export async function leftoversOf(installation: Installation): Promise<string[]> {
  const found: string[] = [];
  for (const app of installation.members)
    found.push(...(await installation.withDatabase(app, (database) => leftoversIn(app, database))));
  return [...found, ...(await messagesOf(installation))];
}

async function leftoversIn(app: AppName, database: Database): Promise<string[]> {
  const found: string[] = [];
  const look = async (collection: string, condition: object, what: string): Promise<void> => {
    const rows = await database.collection(collection).find(condition).limit(maxShown).toArray();
    if (rows.length === 0) return;
    const count = await database.collection(collection).countDocuments(condition);
    found.push(`${app}: ${count} ${what}, among them ${rows.map(shortly).join(' ')}`);
  };
  for (const [collection, condition, what] of unfinished[app] ?? []) await look(collection, condition, what);
  for (const { name } of await database.db!.listCollections({}, { nameOnly: true }).toArray())
    for (const path of ['outbox', 'catena.outbox'])
      await look(name, { [`${path}.rows.0`]: { $exists: true } }, `messages not accepted (${name})`);
  await look('catena_parking_lot', { state: 'parked' }, 'messages parked');
  return found;
}

/** Messages that wait at the broker, as its management tells (some seconds late). */
async function messagesOf(installation: Installation): Promise<string[]> {
  const url = managementUrlOf(installation.settings);
  if (url === undefined) return [];
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const response = await fetch(new URL('/api/queues/%2F?columns=name,messages', url.origin), {
    headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
    signal: AbortSignal.timeout(30_000),
  });
  const queues = (await response.json()) as { name: string; messages?: number }[];
  return queues
    .filter(
      ({ name, messages }) => name.startsWith(`${installation.settings.prefix}.`) && (messages ?? 0) > 0,
    )
    .map(({ name, messages }) => `broker: ${messages} messages in ${name}`);
}

/** What tells an operator enough to find it again. */
function shortly(row: Record<string, unknown>): string {
  const telling = [
    '_id',
    'state',
    'statusCode',
    'pid',
    'jobId',
    'type',
    'code',
    'reason',
    'ended',
    'verdict',
    'fault',
    'lastFault',
  ];
  return JSON.stringify(
    Object.fromEntries(telling.filter((name) => row[name] !== undefined).map((name) => [name, row[name]])),
  ).slice(0, 400);
}
