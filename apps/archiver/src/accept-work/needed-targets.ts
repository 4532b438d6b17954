import { Injectable } from '@nestjs/common';
import type { WorkNeeds } from '../domain/work-needs.js';
import { Datablocks } from '../persistence/datablocks.js';
import type { Command } from '../persistence/records.js';
import { WorkOrders } from '../persistence/work-orders.js';

/** Finds out which targets an archiver has to have for some work: archivers may serve different ones. */
@Injectable()
export class NeededTargets {
  constructor(
    private readonly datablocks: Datablocks,
    private readonly orders: WorkOrders,
  ) {}

  /** Undefined: any archiver may do it. */
  async of({ kind, data }: Command): Promise<WorkNeeds | undefined> {
    if (kind === 'release' || kind === 'certify') return undefined;
    if (kind === 'archive') return needing('all', data.targets);
    // Where copies lie is known better here than to who sent the command.
    const copies = (await this.datablocks.found(data.archiveId))?.copies?.map(({ share }) => share);
    if (kind === 'retrieve') return needing('any', copies);
    if (kind === 'verify' || copies !== undefined) return needing('all', copies);
    return this.orders.needsOfArchival(data.archiveId);
  }
}

function needing(of: WorkNeeds['of'], targets: readonly string[] = []): WorkNeeds | undefined {
  return targets.length === 0 ? undefined : { of, targets: [...targets] };
}
