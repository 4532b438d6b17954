import { Inject, Injectable } from '@nestjs/common';
import { Clock, messageOf, newId, PermanentError, stillMoving } from '#kernel';
import { Heartbeat, HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { SERVICE_HOST_OPTIONS, type ServiceHostOptions } from '../service-host.options.js';
import { RECONCILIATION_CHECKS, type ReconciliationCheck } from './reconciliation-check.js';
import {
  ReconciliationRecords,
  type KeptFinding,
  type ReconciliationRun,
  type Turn,
} from './reconciliation-records.js';
import { newRun, RunOfChecks, type WantedRun } from './reconciliation-run.js';

const pause = 60_000;
/** Milliseconds without a sign of life after which a run counts as broken. */
const lease = 60_000;
const maxListed = 50;

/** A run as operators see it. */
export interface RunState extends Omit<ReconciliationRun, '_id' | 'expiresAt'> {
  readonly id: string;
  /** `broken`: its process died, or was stopped. It does not go on; another one may be started. */
  readonly state: 'running' | 'done' | 'broken';
  /** Milliseconds: what is younger is not judged. */
  readonly minAge: number;
}

/**
 * Compares what the app owns with what others say of it, when an operator asks for it: one run at a time for all its processes, in
 * the background of the one that was asked.
 */
@Injectable()
export class Reconciliations extends HostedLoop {
  private next: ReconciliationRun | undefined;

  constructor(
    private readonly records: ReconciliationRecords,
    private readonly clock: Clock,
    @Inject(RECONCILIATION_CHECKS) private readonly checks: readonly ReconciliationCheck[],
    @Inject(SERVICE_HOST_OPTIONS) private readonly host: ServiceHostOptions,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    super({
      ...{ name: 'reconciliation', pause, logger: log },
      fault: 'could not reconcile',
      ready: () => records.createIndexes(),
    });
  }

  /** @throws PermanentError `service-host.reconciliation-under-way` that names who started the one that runs, and when */
  async start({ apply, by, reason }: WantedRun): Promise<RunState> {
    const now = this.clock.now();
    const _id = newId();
    const turn = { run: _id, by, since: now, until: new Date(now.getTime() + lease) };
    const other = await this.records.takeTurn(turn, now);
    if (other !== undefined) throw underWay(other);
    const run = newRun(_id, { apply, by, reason }, this.checks, now);
    await this.records.begin(run);
    this.log.info({ run: _id, apply, by, reason }, 'a reconciliation begins');
    this.next = run;
    this.wake();
    return this.stateOf(run, turn);
  }

  async state(id: string): Promise<RunState | undefined> {
    const run = await this.records.find(id);
    return run === undefined ? undefined : this.stateOf(run, await this.records.turn());
  }

  /** The first ones of each kind. */
  findings(id: string): Promise<KeptFinding[]> {
    return this.records.findingsOf(id);
  }

  /** The newest first. */
  async list(): Promise<RunState[]> {
    const turn = await this.records.turn();
    return (await this.records.list(maxListed)).map((run) => this.stateOf(run, turn));
  }

  async round(): Promise<void> {
    const run = this.next;
    if (run === undefined) return;
    this.next = undefined;
    // A process that was frozen since it was asked may have lost the turn.
    const until = new Date(this.clock.now().getTime() + lease);
    if (!(await this.renew(run, until))) return;
    const ending = new AbortController();
    const signal = AbortSignal.any([ending.signal, this.stopping]);
    const heartbeat = new Heartbeat({
      ...{ clock: this.clock, lease, until },
      renew: (end) => this.renew(run, end),
      onFault: (error) => this.log.warn({ error: messageOf(error) }, 'could not renew a reconciliation'),
      onLost: () => ending.abort(new Error('another run has the turn')),
    });
    try {
      await new RunOfChecks(run, this.records, this.oldEnough(run), signal).over(this.checks);
      run.endedAt = this.clock.now();
      await this.records.progress(run);
      this.log.info({ run: run._id, kinds: run.kinds }, 'a reconciliation has ended');
    } finally {
      heartbeat.stop();
      await this.records.endTurn(run._id);
    }
  }

  private async renew(run: ReconciliationRun, until: Date): Promise<boolean> {
    stillMoving();
    if (!(await this.records.renewTurn(run._id, until))) return false;
    await this.records.progress(run);
    return true;
  }

  private oldEnough({ startedAt }: ReconciliationRun): Date {
    return new Date(startedAt.getTime() - this.host.reconcileMinAge);
  }

  private stateOf({ _id, expiresAt: _, ...run }: ReconciliationRun, turn: Turn | undefined): RunState {
    const isHeld = turn?.run === _id && turn.until > this.clock.now();
    const state = run.endedAt !== undefined ? 'done' : isHeld ? 'running' : 'broken';
    return { id: _id, ...run, state, minAge: this.host.reconcileMinAge };
  }
}

function underWay({ run, by, since }: Turn): PermanentError {
  return new PermanentError(
    'service-host.reconciliation-under-way',
    `Expected no reconciliation under way, found ${run}, which ${by} started at ${since.toISOString()}: follow that one (GET operations/reconciliations/${run}), or start another one when it has ended.`,
    { details: { run, by, since: since.toISOString() } },
  );
}
