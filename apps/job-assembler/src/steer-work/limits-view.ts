import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { onlyTarget } from '#routes';
import { Steering } from '../aggregates/steering.js';
import { WorkFigures } from '../aggregates/work-figures.js';
import { WorkOrders } from '../aggregates/work-orders.js';
import { windowOpen } from '../domain/maintenance-windows.js';
import { ReleaseRules } from '../domain/release-rules.js';
import type { LimitName, LimitOverride, Pause } from '../domain/steering.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';

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
  readonly pauses: readonly Pause[];
  /** Targets that a maintenance window closes now. */
  readonly closed: Readonly<Record<string, { readonly reason: string; readonly opensAt?: Date }>>;
}

/** Limits, who has the slots, who waits. */
@Injectable()
export class LimitsView {
  constructor(
    private readonly steering: Steering,
    private readonly orders: WorkOrders,
    private readonly figures: WorkFigures,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
  ) {}

  async limits(): Promise<LimitsAnswer> {
    const now = this.clock.now();
    const { version, pauses, overrides } = await this.steering.at(now);
    const rules = new ReleaseRules(this.config, { version, pauses, overrides }, now);
    const [slots, waiting] = await Promise.all([this.orders.slots(rules), this.figures.waiting()]);
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
      pauses,
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
}
