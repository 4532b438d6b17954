import { Injectable } from '@nestjs/common';
import type { WaitCode } from '#contracts';
import { ServedTargets } from '../order-recalls/served-targets.js';
import { ableFor, isAlive, scopeOf, Workers } from '../persistence/operators/workers.js';
import type { ShareSteering } from '../persistence/records.js';
import { ShareModes } from '../persistence/share-modes.js';
import type { WaitingOrder } from '../persistence/work-orders.js';

/** What an order waits for: in words, and as a code. */
export type WaitReason = readonly [words: string, code: string];

/** Why accepted work does not run. */
@Injectable()
export class WaitReasons {
  constructor(
    private readonly served: ServedTargets,
    private readonly workers: Workers,
    private readonly modes: ShareModes,
  ) {}

  /** @returns what says it of each order, as things are now */
  async at(now: Date): Promise<(work: WaitingOrder) => WaitReason> {
    const alive = (await this.workers.all()).filter((worker) => isAlive(worker, now));
    const closed = await this.modes.inForceOf(alive.map(({ _id }) => scopeOf(_id)));
    return (work) => this.reasonOf(work, ableFor(work.needs, alive, closed).pause);
  }

  private reasonOf(work: WaitingOrder, pause: ShareSteering | undefined): WaitReason {
    const said = wordsOf(work);
    if (said === undefined && pause !== undefined) return [pauseIn(pause), 'paused'];
    const waits = said ?? this.served.reasonToLeave(work.needs) ?? turnOf(work);
    const words = waits ?? 'It waits until a worker of the archiver is free (ARCHIVER_WORKERS).';
    return [words, work.waitCode ?? codeOf(work, waits)];
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
