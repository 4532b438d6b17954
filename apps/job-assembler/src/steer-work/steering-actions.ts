import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Said } from '#console-api';
import { Clock } from '#kernel';
import { OperatorActions, type AuditRecord, type Deed, type Operator } from '#operations';
import type { Priority } from '#routes';
import { behindSlash } from '#service-host';
import { Jobs, type PlannableJob } from '../aggregates/jobs.js';
import { Steering } from '../aggregates/steering.js';
import type { LimitName, PauseMode, PauseScope } from '../domain/steering.js';
import { JobSteering } from './job-steering.js';
import { ReleaseSteering, type Word } from './release-steering.js';

/** What an operator says besides whom: why, and until when. */
export interface Spoken {
  readonly operator: Operator;
  readonly reason: string;
  readonly until?: Date;
}

const heldPrefix = 'job:';
/** Unknown: a later word stands in the record. */
type Found = Deed | 'unknown' | undefined;

/** What operators do to the release of work: each is done once, and leaves one entry in the audit trail. */
@Injectable()
export class SteeringActions implements OnModuleInit {
  constructor(
    private readonly actions: OperatorActions,
    private readonly release: ReleaseSteering,
    private readonly jobSteering: JobSteering,
    private readonly jobs: Jobs,
    private readonly steering: Steering,
    private readonly clock: Clock,
  ) {}

  /** The records bear the entry of the last word about each thing: whether an earlier one was obeyed is not known then. */
  onModuleInit(): void {
    this.actions.addWitness('pause.set', (entry) => this.pauseMade(entry));
    this.actions.addWitness('pause.end', (entry) => this.pauseEnded(entry));
    this.actions.addWitness('limits.set', (entry) => this.limitsSet(entry));
    for (const action of ['job.priority', 'job.defer'] as const)
      this.actions.addWitness(action, (entry) => this.jobSteered(entry));
  }

  /** @returns the id of the pause: of a held job `job:ID` */
  async pause(scope: PauseScope, mode: PauseMode, spoken: Spoken): Promise<string> {
    const { operator, reason, until } = spoken;
    const jobId = jobIdIn(scope);
    const wish = {
      ...{ action: 'pause.set' as const, subject: scope, reason, details: { mode, ...ending(until) } },
      ...(jobId === undefined ? {} : { jobId }),
    };
    const done = await this.actions.perform(operator, wish, async (entry) => {
      const word = wordOf(spoken, entry);
      if (jobId !== undefined) {
        const { hold } = await this.jobSteering.hold(jobId, word, mode);
        return { before: ending(hold?.earlier), after: { id: scope, scope, mode, ...ending(until) } };
      }
      const { id } = await this.release.pause(scope, mode, word);
      return { after: { id, scope, mode, ...ending(until) } };
    });
    return String(done['id']);
  }

  async resume(id: string, spoken: Spoken): Promise<void> {
    const { operator, reason } = spoken;
    const jobId = jobIdIn(id);
    const subject = jobId === undefined ? `pause/${id}` : id;
    const wish = {
      ...{ action: 'pause.end' as const, subject, reason },
      ...(jobId === undefined ? {} : { jobId }),
    };
    await this.actions.perform(operator, wish, async (entry) => {
      const word = wordOf(spoken, entry);
      if (jobId === undefined) await this.release.resume(id, word);
      else await this.jobSteering.letGo(jobId, word);
      return { after: { id, state: 'ended' } };
    });
  }

  /** @param version of what the operator looked at */
  async setLimits(
    limits: Readonly<Record<string, number | null>>,
    version: number,
    spoken: Spoken,
  ): Promise<void> {
    const { operator, reason, until } = spoken;
    const wish = {
      ...{ action: 'limits.set' as const, subject: 'limits', reason },
      details: { limits, version, ...ending(until) },
    };
    await this.actions.perform(operator, wish, async (entry) => {
      const before = await this.overridesOf(Object.keys(limits));
      await this.release.setLimits(limits, wordOf(spoken, entry), version);
      return { before: { version, limits: before }, after: { limits, ...ending(until) } };
    });
  }

  async prioritise(
    id: string,
    priority: Priority,
    version: number | undefined,
    spoken: Spoken,
  ): Promise<void> {
    const wish = { action: 'job.priority' as const, details: { priority, version } };
    await this.ofJob(id, wish, spoken, async (job, word) => {
      await this.jobSteering.prioritise(id, priority, word, version);
      return { before: { priority: job.priority ?? null }, after: { priority } };
    });
  }

  async defer(
    id: string,
    until: Date | undefined,
    version: number | undefined,
    spoken: Spoken,
  ): Promise<void> {
    const wish = { action: 'job.defer' as const, details: { ...ending(until), version } };
    await this.ofJob(id, wish, spoken, async (job, word) => {
      await this.jobSteering.defer(id, until, word, version);
      const { held, hold, deferredUntil = job.notBefore } = job;
      return { before: ending(held === true ? hold?.earlier : deferredUntil), after: ending(until) };
    });
  }

  private async ofJob(
    id: string,
    wish: { readonly action: 'job.priority' | 'job.defer'; readonly details: Said },
    spoken: Spoken,
    act: (job: PlannableJob, word: Word) => Promise<Deed>,
  ): Promise<void> {
    const { operator, reason } = spoken;
    const job = await this.jobSteering.find(id);
    await this.actions.perform(operator, { ...wish, subject: `job/${id}`, jobId: id, reason }, (entry) =>
      act(job, wordOf(spoken, entry)),
    );
  }

  private async overridesOf(names: readonly string[]): Promise<Said> {
    const { overrides } = await this.steering.at(this.clock.now());
    return Object.fromEntries(
      names.map((name) => [
        name,
        overrides.find(({ limit }) => limit === (name as LimitName))?.value ?? null,
      ]),
    );
  }

  private async pauseMade({ _id, subject, jobId, at }: AuditRecord): Promise<Found> {
    if (jobId !== undefined) return this.jobSteered({ _id, jobId, at });
    const { pauses, changed } = await this.steering.at(this.clock.now());
    const made = pauses.find(({ entry }) => entry === _id);
    // It may have been made, and have ended since.
    if (made === undefined) return changed !== undefined && changed.at >= at ? 'unknown' : undefined;
    return { after: { id: made.id, scope: subject, mode: made.mode ?? 'pause', ...ending(made.until) } };
  }

  private async pauseEnded({ _id, subject, jobId, at }: AuditRecord): Promise<Found> {
    if (jobId !== undefined) return this.jobSteered({ _id, jobId, at });
    const id = behindSlash(subject);
    const ended = await this.steering.ended(id);
    return ended?.entry === _id ? { after: { id, state: 'ended' } } : undefined;
  }

  private async limitsSet({ _id, at }: Pick<AuditRecord, '_id' | 'at'>): Promise<Found> {
    const { overrides, changed } = await this.steering.at(this.clock.now());
    const set = overrides.filter(({ entry }) => entry === _id);
    if (set.length === 0 && changed?.entry !== _id)
      return changed !== undefined && changed.at >= at ? 'unknown' : undefined;
    return { after: { limits: Object.fromEntries(set.map(({ limit, value }) => [limit, value])) } };
  }

  private async jobSteered({
    _id,
    jobId = '',
    at,
  }: Pick<AuditRecord, '_id' | 'jobId' | 'at'>): Promise<Found> {
    const steering = (await this.jobs.find(jobId))?.steering;
    if (steering?.entry === _id) return { after: { what: steering.what, version: steering.version } };
    return steering !== undefined && steering.at >= at ? 'unknown' : undefined;
  }
}

function jobIdIn(scope: string): string | undefined {
  return scope.startsWith(heldPrefix) ? scope.slice(heldPrefix.length) : undefined;
}

function wordOf({ operator, reason, until }: Spoken, entry: string): Word {
  return { by: operator.name, reason, entry, ...(until === undefined ? {} : { until }) };
}

function ending(until: Date | undefined): Said {
  return until === undefined ? {} : { until: until.toISOString() };
}
