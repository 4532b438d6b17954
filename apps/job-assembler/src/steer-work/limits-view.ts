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
import type { LimitName, LimitOverride, Pause, PauseMode, PauseScope } from '../domain/steering.js';
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

/** What Prometheus asks for again and again. */
export interface LimitNumbers {
  /** As they hold now. */
  readonly limits: readonly (readonly [name: LimitName, value: number])[];
  readonly used: LimitsAnswer['used'];
  /** By lane: for how many milliseconds its oldest work has waited. */
  readonly oldest: readonly (readonly [lane: string, age: number])[];
  /** Scopes of pauses that hold, without those of held jobs. */
  readonly paused: readonly PauseScope[];
  readonly heldJobs: number;
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
    return {
      version,
      configured: Object.fromEntries(this.namesOf().map((name) => [name, rules.configured(name) ?? 0])),
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

  /** The part of it that is numbers. @param within milliseconds that the database may take for each */
  async numbers(within: number): Promise<LimitNumbers> {
    const now = this.clock.now();
    const steering = await this.steering.at(now);
    const rules = new ReleaseRules(this.config, steering, now);
    const [slots, waiting, heldJobs] = await Promise.all([
      this.orders.slots(rules, within),
      this.figures.waiting(within),
      this.jobs.countHeld(now, within),
    ]);
    return {
      limits: this.namesOf().map((name) => [name, rules.limit(name) ?? 0]),
      used: slots.used(),
      oldest: waiting.map(({ lane, oldest }) => [lane, now.getTime() - oldest.getTime()]),
      paused: steering.pauses.map(({ scope }) => scope),
      heldJobs,
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

  private namesOf(): LimitName[] {
    const named = this.config.routes.targets;
    const names = named.length === 0 ? [onlyTarget] : named.map(({ name }) => name);
    return [
      ...(['global', 'perGroup'] as const),
      ...names.flatMap((name): LimitName[] => [`write:${name}`, `read:${name}`]),
    ];
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
