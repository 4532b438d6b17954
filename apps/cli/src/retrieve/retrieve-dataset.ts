import { type CommandResult, countText, durationText, Failure, nameText } from '#command-line';
import { readManifest } from '#datablock';
import { NamedFiles } from '#kernel';
import { Bandwidth } from '../bandwidth.js';
import type { CommandContext } from '../command.js';
import { inLanes } from '../in-lanes.js';
import { followJob } from '../jobs/follow-job.js';
import { askAboutCopies, isGood, submitJob, type Job } from '../jobs/job-api.js';
import { jobLines } from '../jobs/job-text.js';
import type { HttpClient } from '../server/http-client.js';
import { download } from './download.js';
import { looksPartial, TargetFolder } from './target-folder.js';
import { unpack, type Unpacked } from './unpack.js';

/** Names that a failure repeats. */
const maxNamed = 5;

export interface RetrieveOptions {
  readonly to: string;
  readonly overwrite?: boolean;
  /** Names of files, and of folders; absent: the whole dataset. */
  readonly file?: readonly string[];
  readonly concurrency?: number;
  readonly bandwidth?: number;
  /** The copies in the retrieval area stay until their time is over. */
  readonly keep?: boolean;
}

/** Has a dataset, or some files of it, recalled from long-term storage and restores the files. */
export async function retrieve(
  context: CommandContext,
  pid: string,
  options: RetrieveOptions,
): Promise<CommandResult> {
  const settings = await context.settings();
  const transfers = {
    bandwidth: new Bandwidth(options.bandwidth ?? settings.bandwidth, context.signal),
    concurrency: options.concurrency ?? settings.concurrency ?? 1,
  };
  const client = await context.client();
  // Before the recall: tape drives do not work for a folder that cannot take the files.
  const folder = await TargetFolder.open(options.to);
  try {
    return await recall(context, client, {
      pid,
      folder,
      overwrite: options.overwrite === true,
      files: options.file ?? [],
      keep: options.keep === true,
      ...transfers,
    });
  } finally {
    await folder.leave();
  }
}

interface Recall {
  readonly pid: string;
  readonly folder: TargetFolder;
  readonly overwrite: boolean;
  /** None: all. */
  readonly files: readonly string[];
  readonly keep: boolean;
  readonly bandwidth: Bandwidth;
  /** Datablocks at once. */
  readonly concurrency: number;
}

async function recall(context: CommandContext, client: HttpClient, recalled: Recall): Promise<CommandResult> {
  const { pid, folder, files } = recalled;
  const { output, signal } = context;
  const began = Date.now();
  const { size, sourceFolder } = await factsOf(client, pid);
  // How large some files of it are is known when they are there.
  const bytes = files.length === 0 ? size : 0;
  await folder.assertRoom(bytes, signal);
  const id = await submitJob(client, 'retrieve', [pid], {}, files);
  output.say(`job ${id}`);
  const job = await followJob(client, id, output);
  if (!isGood(job)) return { outcome: 'failed', lines: jobLines(job), document: job };
  // Others may have filled the disk meanwhile.
  await folder.assertRoom(files.length === 0 ? bytes : bytesIn(job), signal);
  const { written, alreadyThere, missing } = await restore(job, context, { ...recalled, sourceFolder });
  const elapsed = Date.now() - began;
  const there = alreadyThere === 0 ? '' : `, ${alreadyThere} were there already`;
  output.say(`${countText(written, 'file')} restored and verified${there}, ${durationText(elapsed)}`);
  // What was named and did not come may be in the area still.
  if (missing.length > 0) return incomplete(pid, id, missing);
  if (!recalled.keep) await letGo(client, id);
  const document = { pid, job: id, folder: folder.root, written, alreadyThere, milliseconds: elapsed };
  return { outcome: 'done', lines: [folder.root], document };
}

/** All files are there: whether the server takes it in, or is too old for it, changes nothing about that. */
async function letGo(client: HttpClient, id: string): Promise<void> {
  try {
    await askAboutCopies(client, id, 'release');
  } catch {
    client.signal.throwIfAborted();
  }
}

async function restore(
  job: Job,
  { output, signal }: CommandContext,
  { folder, overwrite, files, sourceFolder, bandwidth, concurrency }: Recall & Pick<Facts, 'sourceFolder'>,
): Promise<Unpacked & { readonly missing: readonly string[] }> {
  const datablocks = job.jobResultObject.result ?? [];
  const progress = output.progress('restoring', bytesIn(job));
  const named = new NamedFiles(files, sourceFolder);
  const isWanted = (path: string): boolean => files.length === 0 || named.see(path);
  let written = 0;
  let alreadyThere = 0;
  try {
    const taken = await partialLookalikes(datablocks, signal);
    await inLanes(concurrency, datablocks, async ({ url, size }) => {
      const options = { folder, overwrite, progress, signal, taken, isWanted };
      const unpacked = await unpack(() => bandwidth.paced(download(url, size, signal)), size, options);
      written += unpacked.written;
      alreadyThere += unpacked.alreadyThere;
    });
  } finally {
    progress.end();
  }
  return { written, alreadyThere, missing: files.length === 0 ? [] : named.missing };
}

function incomplete(pid: string, job: string, missing: readonly string[]): CommandResult {
  const named = missing.slice(0, maxNamed).map((name) => nameText(name));
  const others = missing.length > maxNamed ? ` and ${missing.length - maxNamed} more` : '';
  return {
    outcome: 'failed',
    lines: [
      `Expected all that --file names among what came back, found nothing of ${named.join(', ')}${others}. The copies stay where they are: catena job ${job} shows them.`,
    ],
    document: { pid, job, missing },
  };
}

/** Files of the dataset that are called as a file under way could be: one datablock must not write over those of another. */
async function partialLookalikes(
  datablocks: readonly { readonly url: string; readonly size: number }[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  // A single one knows its own.
  for (const { url, size } of datablocks.length > 1 ? datablocks : [])
    for (const { path } of (await readManifest(download(url, size, signal))).members)
      if (looksPartial(path)) names.add(path);
  return names;
}

/** Bytes of what was retrieved. */
function bytesIn({ jobResultObject: { result = [] } }: Job): number {
  return result.reduce((sum, { size }) => sum + size, 0);
}

interface Facts {
  /** Bytes. */
  readonly size: number;
  readonly sourceFolder: string;
}

/** As the catalogue has it. Who may not see it, or asks for what is not there, hears that when the job is asked for. */
async function factsOf(client: HttpClient, pid: string): Promise<Facts> {
  const filter = encodeURIComponent(JSON.stringify({ fields: ['size', 'sourceFolder'] }));
  try {
    const { size, sourceFolder } = await client.get<{ size?: unknown; sourceFolder?: unknown }>(
      `/api/v3/datasets/${encodeURIComponent(pid)}?filter=${filter}`,
    );
    return {
      size: typeof size === 'number' ? size : 0,
      sourceFolder: typeof sourceFolder === 'string' ? sourceFolder : '',
    };
  } catch (error) {
    if (error instanceof Failure && (error.outcome === 'usage' || error.outcome === 'notAllowed'))
      return { size: 0, sourceFolder: '' };
    throw error;
  }
}
