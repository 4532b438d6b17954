import { Inject, Injectable } from '@nestjs/common';
import { Clock, newId } from '#kernel';
import { onlyTarget, type Routes } from '#routes';
import { Steering } from '../aggregates/steering.js';
import type { LimitName, Pause, PauseMode, PauseScope, SteeringState } from '../domain/steering.js';
import { CurrentRules } from '../release-work/current-rules.js';
import { Dispatcher } from '../release-work/dispatcher.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';
import { changedMeanwhile, notPossible, notThere, refuse } from './refusals.js';

/** An override may be so many times what is configured. */
const maxTimes = 10;

/** Who decides, and why. */
export interface Word {
  readonly by: string;
  readonly reason: string;
  /** The audit entry. */
  readonly entry: string;
  readonly until?: Date;
}

/** What operators say of the release of work: pauses, and other limits for a while. */
@Injectable()
export class ReleaseSteering {
  constructor(
    private readonly steering: Steering,
    private readonly rules: CurrentRules,
    private readonly dispatcher: Dispatcher,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
  ) {}

  state(): Promise<SteeringState> {
    return this.steering.at(this.clock.now());
  }

  /**
   * @throws PermanentError `operations.changed-meanwhile` when the scope is paused already, `operations.not-possible` for a
   * target or a route that is not configured
   */
  async pause(scope: PauseScope, mode: PauseMode, { by, reason, entry, until }: Word): Promise<Pause> {
    refuseUnknown(scope, this.config.routes);
    const since = this.clock.now();
    const pause = {
      ...{ id: newId(), scope, mode, by, reason, since, entry },
      ...(until === undefined ? {} : { until }),
    };
    if (!(await this.steering.pause(pause, since))) {
      const before = (await this.state()).pauses.find((one) => one.scope === scope);
      const who =
        before === undefined ? '' : ` by ${before.by} since ${before.since.toISOString()}: ${before.reason}`;
      throw refuse(changedMeanwhile, `Expected ${scope} not to be paused, found it paused${who}.`);
    }
    return pause;
  }

  /** @throws PermanentError `operations.changed-meanwhile` when another ended it, `operations.not-there` for an unknown one */
  async resume(id: string, { by, entry }: Word): Promise<void> {
    if (!(await this.steering.resume(id, { by, entry }, this.clock.now()))) {
      const ended = await this.steering.ended(id);
      if (ended === undefined) throw refuse(notThere, `Expected a pause ${id}, found none.`);
      throw refuse(
        changedMeanwhile,
        `Expected pause ${id} of ${ended.scope} to hold, found that it ended at ${ended.at.toISOString()}, by ${ended.by}.`,
      );
    }
    this.dispatcher.wake();
  }

  /**
   * @param limits null: the configured value
   * @param version of what the operator looked at
   * @throws PermanentError `operations.not-possible` for an unknown limit or a value out of bounds,
   * `operations.changed-meanwhile` when anything was changed since
   */
  async setLimits(
    limits: Readonly<Record<string, number | null>>,
    { by, reason, entry, until }: Word,
    version: number,
  ): Promise<SteeringState> {
    const rules = await this.rules.now();
    for (const [name, value] of Object.entries(limits))
      refuseLimit(name, value, rules.configured(name as LimitName));
    const values = new Map(
      Object.entries(limits).map(([name, value]) => [name as LimitName, value ?? undefined] as const),
    );
    const change = { limits: values, by, reason, entry, ...(until === undefined ? {} : { until }) };
    if (!(await this.steering.setLimits(change, version, this.clock.now()))) {
      const { version: found, changed } = await this.state();
      const who =
        changed === undefined ? '' : `: ${changed.by} changed ${changed.what} at ${changed.at.toISOString()}`;
      throw refuse(
        changedMeanwhile,
        `Expected version ${version} of the limits, found ${found}${who}. Read them again, then decide anew.`,
      );
    }
    this.dispatcher.wake();
    return this.state();
  }
}

/** A pause of what is not there would hold nothing, and say that nothing of it is left. */
function refuseUnknown(scope: PauseScope, { targets, routes, areNamed }: Routes): void {
  const [, kind, name] = /^(target|route):(.*)$/s.exec(scope) ?? [];
  if (kind === undefined) return;
  const named = (kind === 'target' ? targets : routes).map((one) => one.name);
  const known = areNamed || kind === 'route' ? named : [onlyTarget];
  if (known.includes(name!)) return;
  throw refuse(
    notPossible,
    `Expected a ${kind} of ROUTES_FILE (${known.slice(0, 100).join(', ') || 'it has none'}), found ${JSON.stringify(name).slice(0, 100)}.`,
  );
}

function refuseLimit(name: string, value: number | null, configured: number | undefined): void {
  if (configured === undefined)
    throw refuse(
      notPossible,
      `Expected limits named global, perGroup, write:TARGET or read:TARGET of a target that is configured, found ${JSON.stringify(name).slice(0, 100)}.`,
    );
  const max = configured * maxTimes;
  if (value !== null && (!Number.isInteger(value) || value < 0 || value > max))
    throw refuse(
      notPossible,
      `Expected for ${name} a whole number from 0 to ${max}, ${maxTimes} times what is configured, or null; found ${JSON.stringify(value)}.`,
    );
}
