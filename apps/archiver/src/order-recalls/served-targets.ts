import { Inject, Injectable } from '@nestjs/common';
import type { LongTermStorage } from '#long-term-storage';
import { SharesToken } from '../archiver.config.js';
import { TargetNames } from '../domain/target-names.js';
import { isServed, type WorkNeeds } from '../domain/work-needs.js';

/** The targets that this archiver has, by all names that records know. */
@Injectable()
export class ServedTargets {
  readonly names: readonly string[];
  /** Of these, the ones that lie on media, which have to be mounted. */
  readonly media: readonly string[];

  constructor(@Inject(SharesToken) shares: readonly LongTermStorage[], names: TargetNames) {
    this.names = shares.flatMap(({ name }) => names.writtenAs(name));
    this.media = shares
      .filter(({ mediaAtOnce, knowsPlaces }) => mediaAtOnce !== undefined || knowsPlaces)
      .flatMap(({ name }) => names.writtenAs(name));
  }

  /** What work waits for that this archiver cannot do; undefined of work that it can. */
  reasonToLeave(needs: WorkNeeds | undefined): string | undefined {
    if (needs === undefined || isServed(needs, this.names)) return undefined;
    const which = needs.of === 'all' ? needs.targets.join(' and ') : needs.targets.join(' or ');
    return `It waits for a worker of an archiver that has ${which} (ROUTES_FILE, ARCHIVER_TARGETS).`;
  }
}
