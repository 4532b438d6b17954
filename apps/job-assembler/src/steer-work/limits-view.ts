import { Inject, Injectable } from '@nestjs/common';
import { Clock, PermanentError } from '#kernel';
import { notThere } from '#operations';
import { onlyTarget } from '#routes';
import { Jobs, type PlannableJob } from '../aggregates/jobs.js';
import { Steering } from '../aggregates/steering.js';
import { WorkFigures } from '../aggregates/work-figures.js';
import { WorkOrders } from '../aggregates/work-orders.js';
import { windowOpen } from '../domain/maintenance-windows.js';
import { ReleaseRules } from '../domain/release-rules.js';
import type { LimitName, LimitOverride, Pause, PauseMode } from '../domain/steering.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';

/** A pause with what still runs of what it holds back. Of a held job its id is its scope. */
export interface ShownPause extends Omit<Pause, 'entry'> {
  readonly mode: PauseMode;
  readonly left: number;
}

const heldPrefix = 'job:';
/** Held jobs shown among the pauses. */
const maxHeld = 200;

/** What `GET operations/limits` answers. */
export interface LimitsAnswer {
  readonly version: number;
  /** By name: `global`, `perGroup`, `write:TARGET`, `read:TARGET`. */
  readonly configured: Readonly<Record<string, number>>;
  readonly override: Readonly<Record<string, LimitOverride>>;
  readonly used: {
    readonly global: number;
    readonly targets: Readonly<Record<string, number>>;
    readonly groups: Readonly<Record<string, number>>;
  };
  /** By lane. */
  readonly planned: Readonly<Record<string, number>>;
  readonly oldestPlanned: Readonly<Record<string, Date>>;
  /** With the first held jobs. */
  readonly pauses: readonly ShownPause[];
  /** How many jobs are held, where these are more than are shown. */
  readonly heldJobs?: number;
  /** Targets that a maintenance window closes now. */
  readonly closed: Readonly<Record<string, { readonly reason: string; readonly opensAt?: Date }>>;
}

/** Limits, who has the slots, who waits. */
@Injectable()
export class LimitsView {
  constructor(
    private readonly steering: Steering,
    private readonly orders: WorkOrders,
    private readonly jobs: Jobs,
    private readonly figures: WorkFigures,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
  ) {}

  async limits(): Promise<LimitsAnswer> {
    const now = this.clock.now();
    const { version, pauses, overrides } = await this.steering.at(now);
    const rules = new ReleaseRules(this.config, { version, pauses, overrides }, now);
    const [slots, waiting, held] = await Promise.all([
      this.orders.slots(rules),
      this.figures.waiting(),
      this.jobs.held(now, maxHeld + 1),
    ]);
    const all = [...pauses, ...held.slice(0, maxHeld).map(heldPause)];
    const named = this.config.routes.targets;
    const names = named.length === 0 ? [onlyTarget] : named.map(({ name }) => name);
    const limits = names.flatMap((name): LimitName[] => [`write:${name}`, `read:${name}`]);
    return {
      version,
      configured: Object.fromEntries(
        (['global', 'perGroup', ...limits] as const).map((name) => [name, rules.configured(name) ?? 0]),
      ),
      override: Object.fromEntries(overrides.map((one) => [one.limit, one])),
      used: slots.used(),
      planned: Object.fromEntries(waiting.map(({ lane, count }) => [lane, count])),
      oldestPlanned: Object.fromEntries(waiting.map(({ lane, oldest }) => [lane, oldest])),
      pauses: await Promise.all(all.map((pause) => this.shown(pause))),
      ...(held.length > maxHeld ? { heldJobs: await this.jobs.countHeld(now) } : {}),
      closed: Object.fromEntries(
        named.flatMap((target) => {
          const opening = windowOpen(target, now);
          if (opening.isOpen) return [];
          const { reason, opensAt } = opening;
          return [[target.name, { reason, ...(opensAt === undefined ? {} : { opensAt }) }]];
        }),
      ),
    };
  }

  /** @throws PermanentError `operations.not-there` when it is over */
  async pause(id: string): Promise<ShownPause> {
    const now = this.clock.now();
    const found = id.startsWith(heldPrefix)
      ? await this.held(id.slice(heldPrefix.length), now)
      : (await this.steering.at(now)).pauses.find((one) => one.id === id);
    if (found !== undefined) return this.shown(found);
    throw new PermanentError(notThere, `Expected a pause ${id}, found none: it is over.`);
  }

  private async held(jobId: string, now: Date): Promise<Pause | undefined> {
    const job = await this.jobs.find(jobId);
    const { held, hold, state } = job ?? {};
    const isHeld = held === true && state !== 'finished' && (hold?.until === undefined || hold.until > now);
    return job !== undefined && isHeld ? heldPause(job) : undefined;
  }

  private async shown({ entry: _entry, mode = 'pause', ...pause }: Pause): Promise<ShownPause> {
    return { ...pause, mode, left: await this.figures.countReleased(pause.scope) };
  }
}

function heldPause({ _id, hold, updatedAt }: PlannableJob): Pause {
  const scope = `job:${_id}` as const;
  const { by = '', reason = '', at: since = updatedAt, until, mode = 'pause' } = hold ?? {};
  return { ...{ id: scope, scope, mode, by, reason, since }, ...(until === undefined ? {} : { until }) };
}
