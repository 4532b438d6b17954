import { Inject, Injectable } from '@nestjs/common';
import type { WaitCode } from '#contracts';
import { Clock } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { AppHealth, type PartHealth } from '#service-host';
import { ArchiverStore } from '../persistence/archiver-store.js';
import { Datablocks } from '../persistence/datablocks.js';
import { WorkOrders, type WaitingOrder } from '../persistence/work-orders.js';
import { ableFor, isAlive, scopeOf, Workers } from '../persistence/operators/workers.js';
import type { ShareSteering } from '../persistence/records.js';
import { ShareModes } from '../persistence/share-modes.js';
import { ProgressReporting } from './progress-reporting.js';
import { ServedTargets } from '../order-recalls/served-targets.js';

const pause = 20_000;
/** Work orders told of in one look: more are not under way by the limits of job-assembler. */
const maxTold = 500;

/**
 * Says of all accepted work that is not running what it waits for, again and again. It is also the sign that an archiver
 * lives: job-assembler notices when it does not come.
 */
@Injectable()
export class WaitingSigns extends HostedLoop {
  constructor(
    store: ArchiverStore,
    private readonly orders: WorkOrders,
    private readonly datablocks: Datablocks,
    private readonly reporting: ProgressReporting,
    private readonly served: ServedTargets,
    private readonly workers: Workers,
    private readonly modes: ShareModes,
    private readonly health: AppHealth,
    private readonly clock: Clock,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({
      name: 'signs of waiting work',
      pause,
      logger,
      fault: 'could not tell what work waits for',
      ready: () => store.whenReady(),
    });
  }

  override onApplicationBootstrap(): void {
    this.health.add('work', () => this.work());
    this.health.add('copies', () => this.copies());
    super.onApplicationBootstrap();
  }

  /** Running work speaks for itself. */
  async round(): Promise<void> {
    const now = this.clock.now();
    await this.orders.hastenLate(now);
    const alive = (await this.workers.all()).filter((worker) => isAlive(worker, now));
    const closed = await this.modes.inForceOf(alive.map(({ _id }) => scopeOf(_id)));
    for await (const work of this.orders.waiting(now, maxTold)) {
      const [reason, code] = this.waitOf(work, ableFor(work.needs, alive, closed).pause);
      this.reporting.send(work, 'waiting', 0, 0, reason, code);
    }
  }

  private waitOf(work: WaitingOrder, pause: ShareSteering | undefined): readonly [string, string] {
    const said = wordsOf(work);
    if (said === undefined && pause !== undefined) return [pauseIn(pause), 'paused'];
    const waits = said ?? this.served.reasonToLeave(work.needs) ?? turnOf(work);
    const words = waits ?? 'It waits until a worker of the archiver is free (ARCHIVER_WORKERS).';
    return [words, work.waitCode ?? codeOf(work, waits)];
  }

  /** Datablocks with a copy that is known to be damaged. */
  private async copies(): Promise<PartHealth> {
    const damaged = await this.datablocks.countDamaged();
    return { status: damaged === 0 ? 'up' : 'damaged', damaged };
  }

  /** As readiness shows it. */
  private async work(): Promise<PartHealth> {
    return { status: 'up', ...(await this.orders.totals(this.clock.now())) };
  }
}

/** Who could take it takes nothing new: its owner reads who said so, and why. */
function pauseIn({ by, reason, until }: ShareSteering): string {
  const end = until === undefined ? '' : ` until ${until.toISOString()}`;
  return `It waits for the end of a pause of the archivers that could do it${end}: ${by} says: ${reason}`;
}

/** Why a retrieval that is due is not taken yet, where its storage reads one medium after the other. */
function turnOf({ place }: WaitingOrder): string | undefined {
  if (place === undefined) return undefined;
  return `It waits for its turn: ${place.target} reads retrievals in the order of its media, and it lies on ${place.medium}.`;
}

/** What it said when it was given back; of one whose lease is over nothing, for that is no reason any more. */
function wordsOf({ waitCode, fault, lastFault }: WaitingOrder): string | undefined {
  return waitCode === undefined ? lastFault : (fault?.message ?? lastFault);
}

function codeOf({ lastFault, place }: WaitingOrder, waits: string | undefined): WaitCode {
  if (waits === undefined) return 'work.queued';
  return lastFault === undefined && place !== undefined ? 'work.tape' : 'work.waiting';
}
