import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AgedMap, AskedTogether, Clock, newId } from '#kernel';
import { isDuplicateKey } from '#persistence';
import type { Caller } from '../domain/access.js';
import { Catalogue } from '../persistence/catalogue.js';

/** Milliseconds for which a group's policy is remembered: a dataset that comes so soon after a change is classified as before. */
const freshness = 2000;
const maxKnown = 10_000;

/** The part of policies that creating a dataset needs: its classification, and a policy for a new group. */
@Injectable()
export class DatasetPolicies {
  private known: AgedMap<string>;
  /** By owner group; undefined for a group without a policy. */
  private readonly redundancies = new AskedTogether<string, string | undefined>(async (groups) => {
    const policies = await this.catalogue
      .other('Policy')
      .find(
        { ownerGroup: { $in: [...new Set(groups)] } },
        { projection: { ownerGroup: 1, tapeRedundancy: 1 } },
      )
      .toArray();
    return groups.map((group) => {
      const policy = policies.find(({ ownerGroup }) => ownerGroup === group);
      return policy && String(policy['tapeRedundancy']);
    });
  });

  constructor(
    private readonly catalogue: Catalogue,
    private readonly clock: Clock,
  ) {
    this.known = this.nothing();
  }

  /** A policy was changed here: what was looked up before is not remembered, whenever it arrives. */
  forget(): void {
    this.known = this.nothing();
  }

  /** `IN=medium,AV=<redundancy>,CO=low`, after the owner group's policy; a group without one gets the default policy. */
  async classificationFor(caller: Caller, dataset: Record<string, unknown>): Promise<string> {
    const ownerGroup = String(dataset['ownerGroup']);
    const { known } = this;
    const redundancy = known.get(ownerGroup) ?? (await this.redundancies.of(ownerGroup));
    if (redundancy !== undefined) {
      known.set(ownerGroup, redundancy);
      return classification(redundancy);
    }
    const ownerEmail = String(dataset['ownerEmail'] ?? '');
    await this.provide(caller, ownerGroup, ownerEmail === '' ? [''] : ownerEmail.split(','));
    return classification(/AV=(\w+)/.exec(String(dataset['classification'] ?? ''))?.[1] ?? 'low');
  }

  private nothing(): AgedMap<string> {
    return new AgedMap(maxKnown, freshness, this.clock);
  }

  /**
   * Makes the default policy of a group that has none: one, however many datasets of a new group arrive together. Its id
   * follows from the group, so that the second of two writers meets the first one's.
   */
  async provide(caller: Caller, ownerGroup: string, manager: readonly string[]): Promise<void> {
    try {
      await this.insert(caller, ownerGroup, manager, idFor(ownerGroup));
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      // Made by another request meanwhile; or a policy that was once made for this group serves another one now.
      await this.insert(caller, ownerGroup, manager, newId());
    }
  }

  /** Nothing where the group has a policy. @throws MongoServerError 11000 when the id is taken */
  private async insert(
    caller: Caller,
    ownerGroup: string,
    manager: readonly string[],
    _id: string,
  ): Promise<void> {
    const now = this.clock.now();
    await this.catalogue.other('Policy').updateOne(
      { ownerGroup },
      {
        $setOnInsert: {
          _id,
          ownerGroup,
          accessGroups: [],
          isPublished: false,
          manager: [...manager],
          tapeRedundancy: 'low',
          autoArchive: false,
          autoArchiveDelay: 7,
          archiveEmailNotification: true,
          archiveEmailsToBeNotified: [],
          retrieveEmailNotification: true,
          retrieveEmailsToBeNotified: [],
          embargoPeriod: 3,
          createdBy: caller.username,
          updatedBy: caller.username,
          createdAt: now,
          updatedAt: now,
          __v: 0,
        },
      },
      { upsert: true },
    );
  }
}

/** A UUID of its own for each group. */
function idFor(ownerGroup: string): string {
  const hex = createHash('sha256').update(`policy of ${ownerGroup}`).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

function classification(redundancy: string): string {
  return `IN=medium,AV=${redundancy},CO=low`;
}
