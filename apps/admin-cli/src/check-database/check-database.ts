import { blockTotals, references, scicatCollections, type ScicatCollection } from '#scicat-database';
import { type CommandBasics, type CommandResult, countText, interruption } from '#command-line';
import { connectTo, outOfReach, type Database } from '../database.js';
import { checkFields } from './check-fields.js';
import { checkIndexes } from './check-indexes.js';
import { checkReference } from './check-references.js';
import { checkRights } from './check-rights.js';
import { checkDatasetCounts, checkTotals } from './check-totals.js';
import { Findings, lineOf } from './findings.js';
import type { Inspection, Step } from './inspection.js';

export interface CheckDatabaseOptions {
  readonly apply?: boolean;
}

const collections = Object.keys(scicatCollections) as ScicatCollection[];

// Indexes come first: with --apply, what follows is faster for them.
const steps: readonly Step[] = [
  checkIndexes,
  ...collections.map(checkFields),
  ...references.map(checkReference),
  ...blockTotals.map(checkTotals),
  checkDatasetCounts,
  checkRights('OrigDatablock'),
  checkRights('Datablock'),
];

/** Compares an existing SciCat database with what Catena expects, and repairs what can be repaired if asked to. */
export async function checkDatabase(
  context: CommandBasics,
  uri: string | undefined,
  { apply = false }: CheckDatabaseOptions,
): Promise<CommandResult> {
  const mongo = await connectTo(uri ?? context.environment['MONGODB_URI'], context.signal);
  try {
    const { db } = mongo.connection;
    if (db === undefined) throw outOfReach('the connection was lost');
    return await inspect(context, db, apply);
  } finally {
    await mongo.close();
  }
}

async function inspect(
  { output, signal }: CommandBasics,
  database: Database,
  apply: boolean,
): Promise<CommandResult> {
  const findings = new Findings();
  const inspection: Inspection = { database, findings, apply, signal, say: (line) => output.say(line) };
  const documents: Record<string, number> = {};
  for (const collection of collections)
    documents[collection] = await database.collection(collection).countDocuments();
  const progress = output.progress('checking', steps.length, (done) => countText(Math.round(done), 'step'));
  for (const [index, step] of steps.entries()) {
    if (signal.aborted) throw interruption();
    progress.set(index, steps.length, step.label);
    await step.run(inspection);
  }
  progress.set(steps.length, steps.length, 'checked');
  progress.end();
  const open = findings.open();
  return {
    outcome: open === 0 ? 'done' : 'failed',
    lines: [
      ...collections.map((name) => `${name}: ${countText(documents[name] ?? 0, 'document')}`),
      ...findings.list().map(lineOf),
      open === 0 ? 'nothing to repair' : `to repair: ${open}${apply ? '' : ' (nothing was written)'}`,
    ],
    document: { database: database.databaseName, apply, documents, findings: findings.list(), open },
  };
}
