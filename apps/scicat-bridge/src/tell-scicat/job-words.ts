import { Inject, Injectable } from '@nestjs/common';
import { CatenaError, Clock, crashPoint, TransientError } from '#kernel';
import type { Lease } from '../domain/lease.js';
import { shown } from '../domain/lifecycle-change.js';
import type { BridgeJob } from '../persistence/records.js';
import { BridgeJobs } from '../persistence/bridge-jobs.js';
import { Scicat, type JobWords as Words } from '../scicat/scicat.js';
import { ConfigToken, type ScicatBridgeConfig } from '../scicat-bridge.config.js';
import { JobPresence } from './job-presence.js';

/** Characters of a message that SciCat gets. */
const maxMessage = 2000;

/** Writes the status of jobs in SciCat, unless others have written another one meanwhile. */
@Injectable()
export class JobWords {
  constructor(
    private readonly scicat: Scicat,
    private readonly jobs: BridgeJobs,
    private readonly presence: JobPresence,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ScicatBridgeConfig,
  ) {}

  /** A job that SciCat has no more needs no words. */
  async tell(job: BridgeJob, words: Words, lease: Lease): Promise<void> {
    if (job.deleted === true) return;
    const { _id: id, told, telling } = job;
    const now = await this.scicat.job(id);
    if (now === undefined) return this.absent(job, lease);
    const { statusCode } = words;
    // Written, and a crash came before that was noted: once more would run SciCat's actions again, mails among them.
    const isWritten = now.statusCode === statusCode && [telling, told].includes(statusCode);
    const isTheirs = now.statusCode !== told && now.statusCode !== statusCode;
    if (isTheirs) {
      const field = 'statusCode';
      const [expected, found, wanted] = [told, now.statusCode, statusCode].map(shown);
      await this.jobs.leaveAlone(lease, [
        { field, expected: expected!, found: found!, wanted: wanted!, at: this.clock.now() },
      ]);
      return;
    }
    if (!isWritten) {
      await this.jobs.save(lease, { telling: statusCode });
      lease.mustHold();
      crashPoint('bridge.before-status');
      const statusMessage = words.statusMessage.slice(0, maxMessage);
      if (!(await this.write(id, { ...words, statusMessage }))) return this.absent(job, lease);
      crashPoint('bridge.after-status');
    }
    await this.jobs.save(lease, { told: statusCode, absent: 0 }, ['telling']);
  }

  private async absent(job: BridgeJob, lease: Lease): Promise<void> {
    if (await this.presence.isDeleted(job, lease)) return;
    throw new TransientError(
      'bridge.job-absent',
      `Expected job ${job._id} in SciCat, found none there: looking once more before it counts as deleted.`,
    );
  }

  /** A result that is too large for SciCat, or for what stands before it, goes as its counts: links can be asked for again. */
  private async write(id: string, words: Words): Promise<boolean> {
    const { jobResultObject } = words;
    const isLarge = Buffer.byteLength(JSON.stringify(words)) > this.config.scicat.maxBody;
    if (!isLarge)
      try {
        return await this.scicat.writeJob(id, words);
      } catch (error) {
        const status = error instanceof CatenaError ? error.details['status'] : undefined;
        if (status !== 413 || jobResultObject === undefined) throw error;
      }
    const counts = Object.entries(jobResultObject ?? {}).filter(([, value]) => typeof value === 'number');
    return this.scicat.writeJob(id, {
      ...words,
      jobResultObject: { ...Object.fromEntries(counts), truncated: true },
    });
  }
}
