import { Injectable } from '@nestjs/common';
import { AccessRules, both, type Caller } from '../domain/access.js';
import { BadRequest, Refusal } from '../domain/errors.js';
import type { JobRow } from '../job-rows/job-row.js';
import { JobRowReader } from '../job-rows/job-row-reader.js';
import { JobQueries } from '../jobs/job-queries.js';
import { acceptedJobs, Catalogue } from '../persistence/catalogue.js';
import { DatasetClaimRecords, type ShownClaim } from '../persistence/dataset-claim-records.js';
import type { JobRecord } from '../persistence/records.js';

/** What became of one dataset of a job: `held` while its part goes on, `ended` when that is over and the job is not. */
type PartState = 'waiting' | 'held' | 'ended' | 'succeeded' | 'failed' | 'over';

export interface JobPart {
  readonly pid: string;
  /** If the reader may see the dataset. */
  readonly name?: string;
  readonly state: PartState;
  readonly code?: string;
  readonly message?: string;
  readonly claim?: { readonly exclusive: boolean; readonly since: Date; readonly verdict?: string };
}

/** A message about the job that is not sent yet, or not accepted by everybody. */
interface WaitingMessage {
  readonly type: string;
  readonly since: Date;
  readonly published: boolean;
  readonly awaits: readonly string[];
}

export interface JobOverview {
  readonly job: JobRow & { readonly cancelRequested: boolean };
  readonly retries: readonly JobRow[];
  readonly datasets: { readonly items: readonly JobPart[]; readonly next?: string };
  readonly unsent: readonly WaitingMessage[];
}

const maxMessages = 100;
const maxRetries = 50;
const patience = 5000;
const longestMessage = 500;

interface Failed {
  readonly pid?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
}

type ReadJob = Pick<JobRecord, 'catena' | 'jobResultObject'> & { readonly pids: readonly unknown[] };

/** All about one job that fits a page, however many datasets it has. */
@Injectable()
export class JobOverviews {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly claims: DatasetClaimRecords,
    private readonly reader: JobRowReader,
    private readonly queries: JobQueries,
    private readonly rules: AccessRules,
  ) {}

  /** @throws JobRefusal 400 and 403, as reading the job */
  async of(
    caller: Caller,
    id: string,
    { after, limit }: { readonly after: unknown; readonly limit: number },
  ): Promise<JobOverview> {
    const place = placeFrom(after);
    const visible = both(acceptedJobs, this.rules.visibleJobs(caller));
    const found = await this.reader.find(both({ _id: id }, visible), { limit: 1, patience });
    if (found === undefined)
      throw new Refusal(
        503,
        `Expected job ${id} to be read in time, found that it takes longer.`,
        undefined,
        5,
      );
    const [facts] = found;
    const read = facts === undefined ? undefined : await this.read(id, place, limit);
    if (facts === undefined || read === undefined) {
      await this.queries.get(caller, id);
      throw new BadRequest(`Job ${id} was changed at this moment: ask again.`);
    }
    const children = both({ 'catena.retryOf': id }, visible);
    const [[job], retries] = await Promise.all([
      this.reader.rows(caller, [facts]),
      this.reader.find(children, { limit: maxRetries, patience }),
    ]);
    const pids = read.pids.filter((pid): pid is string => typeof pid === 'string');
    return {
      job: { ...job!, cancelRequested: facts.catena?.cancelRequested === true },
      retries: await this.reader.rows(caller, retries ?? []),
      datasets: {
        items: await this.partsOf(caller, id, pids, read),
        ...(place + limit < facts.datasets ? { next: String(place + limit) } : {}),
      },
      unsent: (read.catena?.outbox?.rows ?? []).slice(0, maxMessages).map((row) => ({
        type: row.envelope?.type ?? 'legacy',
        since: row.time,
        published: row.publishedAt !== undefined,
        awaits: row.awaits,
      })),
    };
  }

  private async read(id: string, place: number, limit: number): Promise<ReadJob | undefined> {
    const pids = '$jobParams.datasetList.pid';
    const [job] = await this.catalogue.jobs
      .aggregate<ReadJob>([
        { $match: { _id: id, ...acceptedJobs } },
        {
          $project: {
            ...{ 'catena.outbox': 1, 'catena.finished': 1, 'catena.workflow': 1 },
            ...{ 'jobResultObject.good': 1, 'jobResultObject.bad': 1 },
            pids: { $cond: [{ $isArray: pids }, { $slice: [pids, place, limit] }, []] },
          },
        },
      ])
      .toArray();
    return job;
  }

  private async partsOf(
    caller: Caller,
    jobId: string,
    pids: readonly string[],
    { catena, jobResultObject }: ReadJob,
  ): Promise<JobPart[]> {
    if (pids.length === 0) return [];
    const [claims, datasets] = await Promise.all([
      this.claims.shown(jobId, pids),
      this.reader.datasetsNamed(pids),
    ]);
    const claimOf = new Map(claims.map((claim) => [claim.pid, claim]));
    const known = new Map(datasets.map((dataset) => [dataset.pid, dataset]));
    const { good, bad } = (jobResultObject ?? {}) as { good?: unknown; bad?: unknown };
    const went = new Set(Array.isArray(good) ? (good as unknown[]) : []);
    const failed = new Map((Array.isArray(bad) ? (bad as Failed[]) : []).map((one) => [one?.pid, one]));
    return pids.map((pid) => {
      const dataset = known.get(pid);
      const mayName = dataset !== undefined && this.rules.mayRead(caller, dataset, { sharedWith: true });
      const claim = claimOf.get(pid);
      const fault = failed.get(pid);
      return {
        pid,
        ...(mayName && typeof dataset.datasetName === 'string' ? { name: dataset.datasetName } : {}),
        state: stateOf({
          claim,
          isGood: went.has(pid),
          isBad: fault !== undefined,
          isOver: catena?.finished,
        }),
        ...(typeof fault?.code === 'string' ? { code: fault.code } : {}),
        ...(typeof fault?.message === 'string' ? { message: fault.message.slice(0, longestMessage) } : {}),
        ...(claim === undefined
          ? {}
          : {
              claim: {
                exclusive: claim.exclusive !== undefined,
                since: claim.at,
                ...(claim.verdict === undefined ? {} : { verdict: claim.verdict }),
              },
            }),
      };
    });
  }
}

function stateOf(part: {
  readonly claim: ShownClaim | undefined;
  readonly isGood: boolean;
  readonly isBad: boolean;
  readonly isOver: boolean | undefined;
}): PartState {
  if (part.isBad) return 'failed';
  if (part.isGood) return 'succeeded';
  if (part.claim !== undefined) return part.claim.ended === true ? 'ended' : 'held';
  return part.isOver === true ? 'over' : 'waiting';
}

/** A job's list of datasets never changes: its places are numbers. */
function placeFrom(after: unknown): number {
  if (after === undefined) return 0;
  if (typeof after === 'string' && /^\d{1,7}$/.test(after)) return Number(after);
  throw new BadRequest('Expected the `next` of a page before in after, found another text.');
}
