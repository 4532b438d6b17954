import { readFile, realpath, stat } from 'node:fs/promises';
import type { CommandContext, CommandResult } from '../command.js';
import { Failure } from '../exit-codes.js';
import { bytesText, countText, durationText, nameText } from '../output/progress-text.js';
import type { Output } from '../output/output.js';
import type { HttpClient } from '../server/http-client.js';
import { stateFolder } from '../server/session.js';
import { datasetBody, parseMetadata, type DatasetOptions } from './dataset-body.js';
import { digestOfFiles, Journal, journalFile } from './journal.js';
import { LandingZone } from './landing-zone.js';
import { registerFiles } from './register.js';
import { uploadFiles } from './upload-files.js';
import { walk, type Tree } from './walk.js';

export interface IngestOptions extends DatasetOptions {
  readonly metadata?: string;
  readonly new?: boolean;
  readonly skipUnsupported?: boolean;
}

/** Names shown of a long list. */
const shownNames = 20;

export async function ingest(
  context: CommandContext,
  given: string,
  options: IngestOptions,
): Promise<CommandResult> {
  const { output, environment, signal } = context;
  const client = await context.client();
  const folder = await folderOf(given);
  const tree = await walk(folder, signal);
  report(tree, options.skipUnsupported === true, output);
  const journal = await Journal.open(
    journalFile(stateFolder(environment), folder, client.session.url),
    options.new === true,
  );
  try {
    return journal.state.complete === undefined || journal.state.pid === undefined
      ? await run(client, { folder, tree, journal, options, output })
      : doneBefore(journal.state.pid, journal.state.complete, folder, tree, output);
  } finally {
    await journal.close();
  }
}

interface Ingest {
  readonly folder: string;
  readonly tree: Tree;
  readonly journal: Journal;
  readonly options: IngestOptions;
  readonly output: Output;
}

async function run(
  client: HttpClient,
  { folder, tree, journal, options, output }: Ingest,
): Promise<CommandResult> {
  const began = Date.now();
  const resumed = journal.state.pid !== undefined;
  const pid = journal.state.pid ?? (await createDataset(client, { folder, tree, journal, options, output }));
  const lifecycle = `/api/v3/datasets/${encodeURIComponent(pid)}/datasetlifecycle`;
  if (resumed) {
    output.say(`going on with dataset ${pid}`);
    await assertThere(client, lifecycle, pid);
  }
  const landingZone = new LandingZone(client, pid);
  const { checksums, sent, alreadyThere } = await uploadFiles({
    root: folder,
    tree,
    landingZone,
    journal,
    output,
  });
  await registerFiles(client, { pid, files: tree.files, checksums, journal });
  await client.patch(lifecycle, { archivable: true, archiveStatusMessage: 'datasetCreated' });
  journal.record({ kind: 'complete', digest: digestOfFiles(tree.files) });
  const elapsed = Date.now() - began;
  output.say(
    `${countText(sent, 'file')} sent, ${bytesText(tree.bytes)} in all, ${durationText(elapsed)}; archive it with: catena archive ${pid}`,
  );
  return {
    outcome: 'done',
    lines: [pid],
    document: {
      pid,
      files: tree.files.length,
      bytes: tree.bytes,
      sent,
      alreadyThere,
      resumed,
      milliseconds: elapsed,
      ...leftOut(tree),
    },
  };
}

async function createDataset(
  client: HttpClient,
  { folder, tree, journal, options, output }: Ingest,
): Promise<string> {
  const metadata =
    options.metadata === undefined
      ? {}
      : parseMetadata(await readFile(options.metadata, 'utf8'), options.metadata);
  const user = await client.get<{ username: string; email?: string }>('/api/v3/users/my/self');
  const body = datasetBody(folder, tree, user, options, metadata);
  const { pid } = await client.post<{ pid: string }>('/api/v3/datasets', body);
  journal.record({ kind: 'dataset', pid, folder, server: client.session.url });
  output.say(`dataset ${pid}: ${countText(tree.files.length, 'file')}, ${bytesText(tree.bytes)}`);
  return pid;
}

function doneBefore(pid: string, digest: string, folder: string, tree: Tree, output: Output): CommandResult {
  const changed = digest !== digestOfFiles(tree.files);
  output.say(
    changed
      ? `${folder} was ingested as ${pid} and has changed since; use --new to make another dataset of it`
      : `${folder} was ingested before, nothing has changed; use --new to make another dataset of it`,
  );
  const document = {
    pid,
    files: tree.files.length,
    bytes: tree.bytes,
    sent: 0,
    completeBefore: true,
    changedSince: changed,
    ...leftOut(tree),
  };
  return { outcome: 'done', lines: [pid], document };
}

function leftOut({ unsupported, emptyFolders }: Tree): object {
  return { leftOut: unsupported, emptyFolders };
}

/** @throws Failure for what must not silently be missing from an archive */
function report({ files, unsupported, emptyFolders }: Tree, skip: boolean, output: Output): void {
  const names = unsupported.map(({ path, reason }) => `${nameText(path)} (${reason})`);
  if (names.length > 0 && !skip)
    throw new Failure(
      'usage',
      `Expected only files and folders, found ${countText(names.length, 'thing')} that cannot be archived: ${shortened(names)}. Replace links by what they lead to, or leave all of these out with --skip-unsupported.`,
    );
  if (names.length > 0) output.warn(`left out: ${shortened(names)}`);
  if (emptyFolders.length > 0)
    output.warn(`empty folders are not archived: ${shortened(emptyFolders.map(nameText))}`);
  if (files.length === 0) throw new Failure('usage', 'Expected at least one file in the folder, found none.');
}

function shortened(names: readonly string[]): string {
  const more = names.length - shownNames;
  return `${names.slice(0, shownNames).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

async function folderOf(given: string): Promise<string> {
  const folder = await realpath(given).catch(() => undefined);
  if (folder === undefined || !(await stat(folder)).isDirectory())
    throw new Failure(
      'usage',
      `Expected a folder, found ${folder === undefined ? 'nothing' : 'something else'} at ${given}.`,
    );
  return folder;
}

async function assertThere(client: HttpClient, lifecycle: string, pid: string): Promise<void> {
  await client.get(lifecycle).catch((error: unknown) => {
    if (error instanceof Failure && error.outcome === 'usage')
      throw new Failure(
        'conflict',
        `Expected to go on with dataset ${pid}, found it deleted. Run the same command with --new.`,
      );
    throw error;
  });
}
