import { Inject, Injectable } from '@nestjs/common';
import { Clock, messageOf } from '#kernel';
import { HostedLoop } from '#leased-work';
import { LOGGER, type Logger } from '#observability';
import { AuditTrail, BulkRuns, OperatorActions } from '#operations';
import { ParkedDecisions } from '#outbox';
import { MongoConnection } from '#persistence';
import { SERVICE_HOST_OPTIONS, type ServiceHostOptions } from '../service-host.options.js';

const bulkPause = 1000;
/** While no run is under way: one that is started here says so, and another process that starts one goes on with it itself. */
const maxBulkPause = 10_000;
/** Rounds in the time after which what was begun counts as left. */
const turns = 3;

/** Goes on with bulk runs, of this process and of those that died. */
@Injectable()
export class BulkLoop extends HostedLoop {
  constructor(
    private readonly runs: BulkRuns,
    mongo: MongoConnection,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({
      ...{ name: 'bulk runs', pause: bulkPause, maxPause: maxBulkPause, logger },
      fault: 'could not go on with bulk runs',
      ready: () => mongo.whenReady(),
    });
    runs.onStarted(() => this.wake());
  }

  round(isQuiet = false): Promise<boolean | 'nothing'> {
    return this.runs.step(isQuiet);
  }
}

/** Completes what processes that died had begun: decisions on parked messages, and entries of the audit trail. */
@Injectable()
export class OperationsSweep extends HostedLoop {
  constructor(
    mongo: MongoConnection,
    private readonly trail: AuditTrail,
    private readonly runs: BulkRuns,
    private readonly actions: OperatorActions,
    private readonly decisions: ParkedDecisions,
    private readonly clock: Clock,
    @Inject(SERVICE_HOST_OPTIONS) options: ServiceHostOptions,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    super({
      ...{ name: 'sweep of operators’ actions', pause: Math.ceil(options.outboxLease / turns), logger: log },
      fault: 'could not complete what was begun for operators',
      ready: () => mongo.afterStart('indexes of operations', () => this.createIndexes()),
    });
  }

  async round(): Promise<void> {
    await this.decisions
      .settlePending()
      .catch((error: unknown) =>
        this.log.warn({ error: messageOf(error) }, 'could not carry out decisions on parked messages now'),
      );
    await this.actions.settleUnfinished(this.clock.now());
  }

  private async createIndexes(): Promise<void> {
    await Promise.all([this.trail.createIndexes(), this.runs.createIndexes()]);
  }
}
