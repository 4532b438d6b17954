import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import {
  bytesText,
  type CommandResult,
  countText,
  durationText,
  Failure,
  foundText,
  nameText,
  type Output,
  shortened,
} from '#command-line';
import type { CommandContext } from '../command.js';
import { Bandwidth } from '../bandwidth.js';
import { metadataIn } from '../metadata-file.js';
import { stateFolder } from '../settings/places.js';
import { datasetBody, unusedFields, type DatasetOptions } from './dataset-body.js';
import { assertAskedTheSame, assertThere, doneBefore, isAnother, type EarlierRun } from './earlier-run.js';
import { digestOfFiles, Journal, journalFile, type Asked } from './journal.js';
import { assertReadable } from './readable.js';
import { LandingZone } from './landing-zone.js';
import { registerFiles } from './register.js';
import { uploadFiles } from './upload-files.js';
import { walk, type Tree } from './walk.js';

export interface IngestOptions extends Omit<DatasetOptions, 'ownerGroup'> {
  /** Default: what the settings say. */
  readonly ownerGroup?: string;
  readonly concurrency?: number;
  readonly bandwidth?: number;
  readonly metadata?: string;
  readonly new?: boolean;
  readonly newIfChanged?: boolean;
  readonly skipUnsupported?: boolean;
}

export async function ingest(
  context: CommandContext,
  given: string,
  options: IngestOptions,
): Promise<CommandResult> {
  const { output, environment, signal } = context;
  const settings = await context.settings();
  const { ownerGroup = settings.ownerGroup } = options;
  if (ownerGroup === undefined)
    throw new Failure(
      'usage',
      'Expected --owner-group, the group that owns the dataset (or "ownerGroup" in the settings).',
    );
  const client = await context.client();
  const metadata =
    options.metadata === undefined ? {} : await metadataIn(options.metadata, 'scientificMetadata');
  const folder = await folderOf(given);
  const tree = await walk(folder, signal);
  report(tree, options.skipUnsupported === true, output);
  await assertReadable(folder, tree, signal);
  const journal = await Journal.open(
    journalFile(stateFolder(environment), folder, client.session.url),
    options.new === true,
  );
  const asked = askedOf({ ...options, ownerGroup }, metadata);
  const transfers: Transfers = {
    bandwidth: new Bandwidth(options.bandwidth ?? settings.bandwidth, signal),
    concurrency: options.concurrency ?? settings.concurrency,
  };
  try {
    return await goOn({
      client,
      folder,
      tree,
      journal,
      asked,
      options: { ...options, ownerGroup },
      metadata,
      output,
      transfers,
    });
  } finally {
    await journal.close();
  }
}

interface Transfers {
  readonly bandwidth: Bandwidth;
  readonly concurrency: number | undefined;
}

interface Ingest extends EarlierRun {
  readonly options: IngestOptions & DatasetOptions;
  readonly transfers: Transfers;
  readonly metadata: Readonly<Record<string, unknown>>;
}

async function goOn(work: Ingest): Promise<CommandResult> {
  const { client, folder, journal, options, output } = work;
  const { pid, complete } = journal.state;
  if (pid === undefined) return run(work);
  if (options.newIfChanged === true && (await isAnother(work))) {
    const unfinished = complete === undefined ? ', which was never completed' : '';
    output.say(`${folder} has changed since ${pid}${unfinished}: making another dataset`);
    await journal.forget();
    return run(work);
  }
  assertAskedTheSame(work, pid);
  await assertThere(client, pid);
  return complete === undefined ? run(work) : doneBefore(work, pid);
}

async function run(work: Ingest): Promise<CommandResult> {
  const { client, folder, tree, journal, output, transfers } = work;
  const began = Date.now();
  const resumed = journal.state.pid !== undefined;
  if (resumed) output.say(`going on with dataset ${journal.state.pid}`);
  const pid = journal.state.pid ?? (await createDataset(work));
  const lifecycle = `/api/v3/datasets/${encodeURIComponent(pid)}/datasetlifecycle`;
  const landingZone = new LandingZone(client, pid);
  const { checksums, sent, alreadyThere } = await uploadFiles({
    root: folder,
    tree,
    landingZone,
    journal,
    output,
    ...transfers,
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

async function createDataset({
  client,
  folder,
  tree,
  journal,
  asked,
  options,
  metadata,
  output,
}: Ingest): Promise<string> {
  const unused = unusedFields(metadata);
  if (unused.length > 0)
    output.warn(`${options.metadata}: not used, because the command decides it: ${unused.join(', ')}`);
  const user = await client.get<{ username: string; email?: string }>('/api/v3/users/my/self');
  const body = datasetBody(folder, tree, user, options, metadata);
  const { pid } = await client
    .post<{ pid: string }>('/api/v3/datasets', body)
    .catch((error: unknown) => blame(options.metadata, error));
  journal.record({ kind: 'dataset', pid, folder, server: client.session.url, asked });
  output.say(`dataset ${pid}: ${countText(tree.files.length, 'file')}, ${bytesText(tree.bytes)}`);
  return pid;
}

/** Most of what a server can refuse came from the metadata file. */
function blame(file: string | undefined, error: unknown): never {
  if (file === undefined || !(error instanceof Failure) || error.outcome !== 'usage') throw error;
  throw new Failure(
    'usage',
    `${error.message} Correct ${file} (--metadata) and run the same command again.`,
    error,
  );
}

function askedOf(
  { ownerGroup, type, name, metadata: file }: IngestOptions & DatasetOptions,
  metadata: Readonly<Record<string, unknown>>,
): Asked {
  const digest = createHash('sha256').update(JSON.stringify(metadata)).digest('hex');
  return {
    ...{ ownerGroup, type },
    ...(name === undefined ? {} : { name }),
    ...(file === undefined ? {} : { metadata: digest }),
  };
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

async function folderOf(given: string): Promise<string> {
  const folder = await realpath(given).catch((error: unknown) => {
    throw new Failure('usage', `Expected a folder at ${given}, found ${foundText(error)}.`, error);
  });
  if (!(await stat(folder)).isDirectory())
    throw new Failure('usage', `Expected a folder, found something else at ${given}.`);
  return folder;
}
