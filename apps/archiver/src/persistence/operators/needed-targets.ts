import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { patienceForChosen, type WorkNeeds } from '../../domain/work-needs.js';
import { Datablocks } from '../datablocks.js';
import type { Command, StoredCopy } from '../records.js';
import { isDamaged } from '../stored-copies.js';
import { WorkOrders } from '../work-orders.js';

/** Finds out which targets an archiver has to have for some work: archivers may serve different ones. */
@Injectable()
export class NeededTargets {
  constructor(
    private readonly datablocks: Datablocks,
    private readonly orders: WorkOrders,
    private readonly clock: Clock,
  ) {}

  /** Undefined: any archiver may do it. */
  async of({ kind, data }: Command): Promise<WorkNeeds | undefined> {
    // What lies in buckets, and what is known of records, any archiver finds.
    if (kind === 'offer' || kind === 'take' || kind === 'confirm' || kind === 'pins') return undefined;
    if (kind === 'release' || kind === 'certify') return undefined;
    if (kind === 'archive') return needing('all', data.targets);
    if (kind === 'move') return needing('all', [data.from, data.to]);
    // Where copies lie is known better here than to who sent the command.
    const stored = (await this.datablocks.found(data.archiveId))?.copies;
    const copies = stored?.map(({ share }) => share);
    if (kind === 'retrieve') return this.readingFirst(data.targets?.[0], stored);
    // Each archiver takes away what it has, and leaves the rest to others.
    if (kind === 'discard' && copies !== undefined) return needing('any', copies);
    if (kind === 'verify' || kind === 'repair' || copies !== undefined) return needing('all', copies);
    return this.orders.needsOfArchival(data.archiveId);
  }

  /** A copy that is known to be damaged is not waited for. */
  private readingFirst(
    chosen: string | undefined,
    copies: readonly StoredCopy[] = [],
  ): WorkNeeds | undefined {
    const needs = needing(
      'any',
      copies.map(({ share }) => share),
    );
    const isGood = copies.some((copy) => copy.share === chosen && !isDamaged(copy));
    if (needs === undefined || chosen === undefined || !isGood) return needs;
    const firstUntil = new Date(this.clock.now().getTime() + patienceForChosen);
    return { ...needs, first: chosen, firstUntil };
  }
}

function needing(of: WorkNeeds['of'], targets: readonly string[] = []): WorkNeeds | undefined {
  return targets.length === 0 ? undefined : { of, targets: [...targets] };
}
