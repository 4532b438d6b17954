import type { CommandContext, CommandResult } from '../command.js';
import { followJob } from '../jobs/follow-job.js';
import { isGood, submitJob } from '../jobs/job-api.js';
import { jobLines } from '../jobs/job-text.js';
import { countText, durationText } from '../output/progress-text.js';
import { download } from './download.js';
import { TargetFolder } from './target-folder.js';
import { unpack } from './unpack.js';

export interface RetrieveOptions {
  readonly to: string;
  readonly overwrite?: boolean;
}

/** Has a dataset recalled from long-term storage and restores its files. */
export async function retrieve(
  context: CommandContext,
  pid: string,
  { to, overwrite }: RetrieveOptions,
): Promise<CommandResult> {
  const { output, signal } = context;
  const client = await context.client();
  const began = Date.now();
  const id = await submitJob(client, 'retrieve', [pid]);
  output.say(`job ${id}`);
  const job = await followJob(client, id, output);
  if (!isGood(job)) return { outcome: 'failed', lines: jobLines(job), document: job };
  const datablocks = job.jobResultObject.result ?? [];
  const folder = await TargetFolder.open(to);
  const progress = output.progress(
    'restoring',
    datablocks.reduce((sum, { size }) => sum + size, 0),
  );
  let written = 0;
  let alreadyThere = 0;
  try {
    for (const { url, size } of datablocks) {
      const options = { folder, overwrite: overwrite === true, progress, signal };
      const unpacked = await unpack(() => download(url, size, signal), size, options);
      written += unpacked.written;
      alreadyThere += unpacked.alreadyThere;
    }
  } finally {
    progress.end();
  }
  const elapsed = Date.now() - began;
  const there = alreadyThere === 0 ? '' : `, ${alreadyThere} were there already`;
  output.say(`${countText(written, 'file')} restored and verified${there}, ${durationText(elapsed)}`);
  const document = { pid, job: id, folder: folder.root, written, alreadyThere, milliseconds: elapsed };
  return { outcome: 'done', lines: [folder.root], document };
}
