import { Failure, type Output } from '#command-line';
import type { CommandResult } from '#command-line';
import type { HttpClient } from '../server/http-client.js';
import { changesSince, changesText, isChanged } from './folder-changes.js';
import { digestOfFiles, type Asked, type Journal } from './journal.js';
import type { Tree } from './walk.js';

/** A folder that an earlier run has sent, or begun to send. */
export interface EarlierRun {
  readonly client: HttpClient;
  readonly folder: string;
  readonly tree: Tree;
  readonly journal: Journal;
  readonly asked: Asked;
  readonly output: Output;
}

/**
 * What `--new-if-changed` asks. An ingest that was interrupted goes on while everything it sent is still there: files that
 * came since belong to it.
 */
export async function isAnother({ client, folder, tree, journal: { state } }: EarlierRun): Promise<boolean> {
  if (state.complete === digestOfFiles(tree.files)) return false;
  const changes = await changesSince(state, folder, tree, client.signal);
  return isChanged(state.complete === undefined ? { ...changes, added: [] } : changes);
}

/**
 * A script that reads the pid must never take an old dataset for the new one.
 *
 * @throws Failure `conflict` when the dataset of before is not what was asked for now
 */
export async function doneBefore(run: EarlierRun, pid: string): Promise<CommandResult> {
  const { client, folder, tree, journal, output } = run;
  const unchanged = journal.state.complete === digestOfFiles(tree.files);
  const changes = unchanged
    ? { added: [], changed: [], gone: [] }
    : await changesSince(journal.state, folder, tree, client.signal);
  if (isChanged(changes))
    throw new Failure(
      'conflict',
      `Expected ${folder} as it was when it was ingested as ${pid}, found ${changesText(changes)}: nothing was sent. To make another dataset of what is there now, run the same command with --new-if-changed (or --new).`,
    );
  output.say(
    `${folder} was ingested before as ${pid}, nothing has changed; use --new to make another dataset of it`,
  );
  const document = {
    pid,
    files: tree.files.length,
    bytes: tree.bytes,
    sent: 0,
    completeBefore: true,
    changedSince: false,
    leftOut: tree.unsupported,
    emptyFolders: tree.emptyFolders,
  };
  return { outcome: 'done', lines: [pid], document };
}

/** @throws Failure `conflict` when the dataset was made for another group, as another type or under another name */
export function assertAskedTheSame({ folder, journal, asked, output }: EarlierRun, pid: string): void {
  const before = journal.state.asked;
  if (before === undefined) return;
  const differences = (['ownerGroup', 'type', 'name'] as const)
    .filter((field) => asked[field] !== undefined && asked[field] !== (before[field] ?? asked[field]))
    .map((field) => `${field} ${before[field]} instead of ${asked[field]}`);
  if (differences.length > 0)
    throw new Failure(
      'conflict',
      `Expected to go on with the dataset of ${folder}, found ${pid} with ${differences.join(', ')}: nothing was sent. Say what you said then, or make another dataset with --new.`,
    );
  if (asked.metadata !== undefined && asked.metadata !== before.metadata)
    output.warn(`${pid} keeps the metadata it was made with: those of --metadata were other ones then`);
}

/** @throws Failure `conflict` when the dataset was deleted meanwhile */
export async function assertThere(client: HttpClient, pid: string): Promise<void> {
  await client.get(`/api/v3/datasets/${encodeURIComponent(pid)}/datasetlifecycle`).catch((error: unknown) => {
    if (error instanceof Failure && error.outcome === 'usage')
      throw new Failure(
        'conflict',
        `Expected to go on with dataset ${pid}, found it deleted. Run the same command with --new.`,
      );
    throw error;
  });
}
