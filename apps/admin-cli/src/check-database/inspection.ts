import { interruption } from '#command-line';
import type { Database } from '../database.js';
import type { Finding, Findings } from './findings.js';

/** What every step of the check gets. */
export interface Inspection {
  readonly database: Database;
  readonly findings: Findings;
  /** Whether anything may be written. */
  readonly apply: boolean;
  readonly signal: AbortSignal;
  say(line: string): void;
}

/** One part of the check. */
export interface Step {
  readonly label: string;
  run(inspection: Inspection): Promise<void>;
}

/** Rows of an aggregation, some hundred at a time; large groupings and sorts may use the database's disk. */
export async function* rowsOf<Row extends object>(
  { database, signal }: Inspection,
  collection: string,
  pipeline: object[],
): AsyncGenerator<Row> {
  const cursor = database
    .collection(collection)
    .aggregate<Row>(pipeline, { allowDiskUse: true, batchSize: 500 });
  try {
    for await (const row of cursor) {
      if (signal.aborted) throw interruption();
      yield row;
    }
  } finally {
    await cursor.close();
  }
}

/** Writes down a finding and, where it is allowed, says what is done about it and does it. */
export async function settle(
  { findings, apply, say }: Inspection,
  finding: Finding,
  repair: () => Promise<boolean>,
): Promise<void> {
  if (!apply) {
    findings.add(finding);
    return;
  }
  say(`repairing ${finding.collection} ${JSON.stringify(finding.id)}, ${finding.subject}: ${finding.detail}`);
  findings.add(finding, await repair());
}

/** An id of any type, for people. */
export function idText(id: unknown): string {
  return typeof id === 'object' && id !== null && 'toHexString' in id
    ? String(id)
    : typeof id === 'string'
      ? id
      : JSON.stringify(id);
}
