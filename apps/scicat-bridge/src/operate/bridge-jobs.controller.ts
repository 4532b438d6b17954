import { Controller, Get, Param, Query } from '@nestjs/common';
import type { Page } from '#console-api';
import { PermanentError } from '#kernel';
import { notPossible, notThere } from '#operations';
import { limitIn, Operators, queryOf } from '#service-host';
import { bridgeJobSteps, type BridgeJobState } from '../domain/bridge-job.js';
import { BridgeLists, type PartCounts, type ShownJob } from '../persistence/bridge-lists.js';

/** One job with what SciCat has not been told of it. */
export interface ShownJobInFull extends Omit<ShownJob, '_id'> {
  readonly jobId: string;
  readonly parts: PartCounts;
  /** Reports that SciCat has not been told, the first of them in their order. */
  readonly untold: Awaited<ReturnType<BridgeLists['errandsOf']>>;
}

/** What operators see of the jobs of SciCat: which are ours, what they wait for, and what others changed meanwhile. */
@Operators()
@Controller({ path: 'operations/bridge/jobs', version: ['3', '4'] })
export class BridgeJobsController {
  constructor(private readonly lists: BridgeLists) {}

  /** Jobs of SciCat that the bridge knows, newest first: by state, or only those that wait. */
  @Get()
  async list(
    @Query() query: Record<string, unknown>,
  ): Promise<Page<Omit<ShownJob, '_id'> & { readonly jobId: string }>> {
    const { state, waiting, after, limit } = queryOf(query, ['state', 'waiting', 'after', 'limit']);
    const most = limitIn(limit);
    if (waiting !== undefined && waiting !== 'true')
      throw wrong(`Expected in waiting true, found ${JSON.stringify(waiting).slice(0, 100)}.`);
    const filter = {
      ...(state === undefined ? {} : { state: stateIn(state) }),
      ...(waiting === undefined ? {} : { waiting: true }),
    };
    const jobs = await this.lists.jobs(filter, after, most + 1);
    const items = jobs.slice(0, most).map(({ _id: jobId, ...rest }) => ({ jobId, ...rest }));
    const last = items.at(-1);
    return { items, ...(jobs.length > most && last !== undefined ? { next: last.jobId } : {}) };
  }

  /** One job: what it waits for, and what SciCat has not been told of it. */
  @Get(':id')
  async get(@Param('id') id: string): Promise<ShownJobInFull> {
    const job = await this.lists.job(id);
    if (job === undefined)
      throw new PermanentError(
        notThere,
        `Expected a job ${id.slice(0, 100)} that the bridge knows, found none.`,
      );
    const [parts, untold] = await Promise.all([this.lists.partsOf(id), this.lists.errandsOf(id)]);
    const { _id: jobId, ...rest } = job;
    return { jobId, ...rest, parts, untold };
  }
}

function stateIn(text: string): BridgeJobState {
  const states = Object.keys(bridgeJobSteps) as BridgeJobState[];
  const state = states.find((one) => one === text);
  if (state === undefined)
    throw wrong(
      `Expected in state one of ${states.join(', ')}, found ${JSON.stringify(text).slice(0, 100)}.`,
    );
  return state;
}

function wrong(message: string): PermanentError {
  return new PermanentError(notPossible, message);
}
