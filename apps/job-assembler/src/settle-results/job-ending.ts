import { Inject, Injectable } from '@nestjs/common';
import { jobFinishedV1, maxMailAddresses, type DatasetResultLine, type JobOutcome } from '#contracts';
import { Clock, crashPoint, stillMoving, TransientError } from '#kernel';
import { inContextOf } from '#messaging';
import { LOGGER, type Logger } from '#observability';
import { eventRow } from '#outbox';
import { DatasetTasks, type TaskCounts } from '../aggregates/dataset-tasks.js';
import { Jobs } from '../aggregates/jobs.js';
import type { AssemblyJob, DatasetTask, Fault } from '../aggregates/records.js';
import { WorkOrders } from '../aggregates/work-orders.js';
import { finalSentence, outcomeOfTasks } from '../domain/outcomes.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';
import { ClaimChecks } from '#claim-check';

/** Brings a job to its one end state. */
@Injectable()
export class JobEnding {
  constructor(
    private readonly jobs: Jobs,
    private readonly tasks: DatasetTasks,
    private readonly orders: WorkOrders,
    private readonly claimChecks: ClaimChecks,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: Pick<JobAssemblerConfig, 'routes'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Ends a job whose datasets are all over, once the catalogue has applied what it was told of them. Can be repeated. */
  async settle(jobId: string): Promise<void> {
    const job = await this.jobs.find(jobId);
    if (job?.state !== 'running') return;
    if (job.fault !== undefined) await this.endUnplanned(jobId, job.fault);
    // Asked after every dataset, so the common answer, "not over yet", must be cheap.
    if ((await this.tasks.hasOpen(jobId)) || (await this.tasks.hasUnheardNews(jobId))) return;
    const counts = await this.tasks.counts(jobId);
    const outcome =
      job.fault === undefined ? outcomeOfTasks(counts) : (counts.succeeded ?? 0) > 0 ? 'partial' : 'failed';
    if (outcome !== undefined) await inContextOf(job, () => this.finish(job, outcome, counts));
  }

  /**
   * Of a job that cannot be planned further: datasets whose work began come to their own ends first. That it failed is decided
   * before; this is done as often as the job is looked at, for whoever began it may have died, and a planner that slept may have
   * begun another dataset since.
   */
  private async endUnplanned(jobId: string, fault: Fault): Promise<void> {
    await this.tasks.failUnplanned(jobId, fault);
    await this.orders.cancelDrafts({ jobId });
  }

  private async finish(
    { _id: jobId, workflow, fault }: Pick<AssemblyJob, '_id' | 'workflow' | 'fault'>,
    outcome: JobOutcome,
    counts: TaskCounts,
  ): Promise<void> {
    const lines = await this.resultLines(jobId);
    const expected = Object.values(counts).reduce((sum, count) => sum + count, 0);
    // Nothing is called over on a list that is not whole.
    if (lines.length !== expected)
      throw new TransientError(
        'assembly.list-incomplete',
        `Expected ${expected} datasets of job ${jobId}, read ${lines.length}; they are read again.`,
      );
    const result = await this.claimChecks.keepLines(`results/${jobId}.ndjson`, lines);
    const first = fault?.message ?? lines.find((line) => line.outcome === 'failed')?.message;
    const [succeeded, failed, cancelled] = [counts.succeeded ?? 0, counts.failed ?? 0, counts.cancelled ?? 0];
    const now = this.clock.now();
    const row = eventRow(
      jobFinishedV1,
      {
        jobId,
        outcome,
        message: finalSentence(outcome, { succeeded, failed, cancelled }, first, doneWith(workflow)).slice(
          0,
          2000,
        ),
        datasetsSucceeded: succeeded,
        datasetsFailed: failed,
        datasetsCancelled: cancelled,
        result,
        ...(await this.mailOf(jobId)),
      },
      now,
    );
    await this.jobs.finish(jobId, outcome, row, now);
    crashPoint('assembler.after-finish');
    this.logger.info({ jobId, workflow, outcome, ...counts }, 'job is over');
  }

  /** Whom the routes of its work name; work of which nothing was planned has none. */
  private async mailOf(jobId: string): Promise<{ mail?: string[] }> {
    const { routes } = this.config;
    if (routes.routes.every(({ mail }) => mail.length === 0)) return {};
    const mail = routes.mailOf(await this.orders.routesOf(jobId)).slice(0, maxMailAddresses);
    return mail.length === 0 ? {} : { mail };
  }

  private async resultLines(jobId: string): Promise<DatasetResultLine[]> {
    const links = await this.linksByTask(jobId);
    const lines: DatasetResultLine[] = [];
    for await (const task of this.tasks.ofJob(jobId)) {
      lines.push(resultLine(task, links.get(task._id) ?? []));
      stillMoving();
    }
    return lines;
  }

  /** What was retrieved, by dataset and in the order of archive ids, read at once. */
  private async linksByTask(jobId: string): Promise<ReadonlyMap<string, DatasetResultLine['datablocks']>> {
    const links = new Map<string, DatasetResultLine['datablocks'][number][]>();
    for await (const { taskId, archiveId, result } of this.orders.retrieved(jobId)) {
      if (result?.kind !== 'retrieve') continue;
      const datablocks = links.get(taskId) ?? [];
      datablocks.push({
        name: result.name ?? archiveId.split('/').slice(-2).join('_'),
        archiveId,
        size: result.packedSize,
        sha256: result.sha256,
        url: result.url,
        expiresAt: result.expiresAt,
      });
      links.set(taskId, datablocks);
    }
    for (const datablocks of links.values())
      datablocks.sort((one, other) => (one.archiveId < other.archiveId ? -1 : 1));
    return links;
  }
}

const wordsOfDone: Partial<Record<AssemblyJob['workflow'], string>> = {
  reset: 'reset',
  repair: 'repaired: every copy was read and is good',
  migrate: 'moved and verified',
};

function doneWith(workflow: AssemblyJob['workflow']): string {
  return wordsOfDone[workflow] ?? 'done and verified';
}

function resultLine(
  { pid, state, fault, workflow }: DatasetTask,
  links: DatasetResultLine['datablocks'],
): DatasetResultLine {
  const outcome = state === 'succeeded' || state === 'cancelled' ? state : 'failed';
  if (workflow !== 'retrieve' || outcome !== 'succeeded')
    return { pid, outcome, ...(fault ?? {}), datablocks: [] };
  return { pid, outcome, datablocks: links };
}
