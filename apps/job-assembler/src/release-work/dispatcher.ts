import { Inject, Injectable } from '@nestjs/common';
import { archiveDatablockV1, retrieveDatablockV1, verifyDatablockV1 } from '#contracts';
import { Clock, crashPoint, newId, stillMoving } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { eventRow, type OutboxRow } from '#outbox';
import { Leases } from '../aggregates/leases.js';
import type { OutsideOrder } from '../aggregates/outside-orders.js';
import type { WorkOrder } from '../aggregates/records.js';
import { WorkOrders, type HowReleased } from '../aggregates/work-orders.js';
import { fairReleases, type Candidate, type Release } from '../domain/fair-release.js';
import type { Slots } from '../domain/slots.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';
import { CurrentRules } from './current-rules.js';
import { nextTry } from './outside-commands.js';
import { SteeredJobs } from './steered-jobs.js';

const pause = 1000;
/** Releases after which the lease is asked for again. */
const releasesPerHold = 20;
/** Targets that a command may name. */
const maxTargets = 4;

/**
 * Releases planned work within the limits. The limits are counted from the stored states, so they hold over restarts;
 * a lease lets one process count at a time.
 */
@Injectable()
export class Dispatcher extends HostedLoop {
  private readonly holder = newId();

  constructor(
    private readonly orders: WorkOrders,
    private readonly leases: Leases,
    private readonly rules: CurrentRules,
    private readonly steered: SteeredJobs,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({
      name: 'release of work',
      pause,
      logger,
      fault: 'could not release work, trying again',
      ready: () => leases.whenReady(),
    });
  }

  /** What is left waits for room, and is looked at again when something ends. */
  async round(): Promise<void> {
    if (await this.hold()) await this.releaseWork();
  }

  /** Whether this process may count and release. Asked again within a round: another one may count meanwhile. */
  private hold(): Promise<boolean> {
    return this.leases.hold('dispatcher', this.holder, this.config.lease / 4);
  }

  private async releaseWork(): Promise<void> {
    await this.steered.catchUp();
    if (!(await this.hold())) return;
    const slots = await this.orders.slots(await this.rules.now());
    for (const [place, release] of fairReleases(slots, await this.candidates(slots)).entries()) {
      if (place % releasesPerHold === 0 && !(await this.hold())) return;
      await this.release(slots, release);
      stillMoving();
    }
  }

  /** Of every lane and group with room the oldest: were they the oldest of all, a busy target would hide an idle one. */
  private async candidates(slots: Slots): Promise<Candidate[]> {
    const found: Candidate[] = [];
    for (const target of await this.orders.lanesWaiting()) {
      if (!slots.isOpen(target)) continue;
      for (const group of await this.orders.groupsWaitingFor(target)) {
        const room = slots.room({ group, target });
        if (room > 0) found.push(...(await this.orders.oldestPlanned({ group, target }, room)));
      }
    }
    return found;
  }

  /** One that was cancelled, or deferred, meanwhile stays: the write decides. */
  private async release({ rules }: Slots, { candidate, at }: Release): Promise<void> {
    const order = await this.orders.planned(candidate.id);
    if (order === undefined) return;
    const now = this.clock.now();
    const readAt = rules.needsOf(order.target)?.needs === 'any' ? at[0] : undefined;
    const chosen = readAt === undefined ? {} : { readAt };
    await this.orders.release(order._id, { ...this.orderOf(order, readAt, now), now, ...chosen });
    crashPoint('assembler.after-release');
  }

  /** The command, and how work for a worker goes on. */
  private orderOf(
    order: WorkOrder,
    readAt: string | undefined,
    now: Date,
  ): Pick<HowReleased, 'command' | 'outside'> {
    if (order.outside === undefined)
      return { command: this.commandFor({ ...order, ...preferring(order.targets, readAt) }, now) };
    const { next, rows } = nextTry(order as OutsideOrder, now, this.config.outside.silence);
    return { command: rows[0]!, outside: next };
  }

  private commandFor(order: WorkOrder, now: Date): OutboxRow {
    const { _id: workOrderId, jobId, pid, archiveId } = order;
    const targets = order.targets === undefined ? {} : { targets: order.targets.slice(0, maxTargets) };
    const common = { workOrderId, jobId, pid, archiveId, ...targets };
    if (order.kind === 'retrieve') return eventRow(retrieveDatablockV1, common, now, order.context);
    if (order.kind === 'verify') return eventRow(verifyDatablockV1, common, now, order.context);
    const { source, files, fileCount, bytes, copies = this.config.copies } = order;
    return eventRow(
      archiveDatablockV1,
      { ...common, source: source!, files: files!, fileCount: fileCount!, bytes, copies },
      now,
      order.context,
    );
  }
}

/** The target that was chosen comes first; the others stay, for an archiver that finds the copy there unreadable. */
function preferring(
  targets: readonly string[] | undefined,
  chosen: string | undefined,
): Pick<WorkOrder, 'targets'> {
  if (targets === undefined || chosen === undefined) return {};
  return { targets: [chosen, ...targets.filter((target) => target !== chosen)] };
}
