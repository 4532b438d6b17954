import { Injectable } from '@nestjs/common';
import { Clock, newId } from '#kernel';
import type { Caller } from '../domain/access.js';
import { Catalogue } from '../persistence/catalogue.js';

/** The part of policies that creating a dataset needs: its classification, and a policy for a new group. */
@Injectable()
export class DatasetPolicies {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly clock: Clock,
  ) {}

  /** `IN=medium,AV=<redundancy>,CO=low`, after the owner group's policy; a group without one gets the default policy. */
  async classificationFor(caller: Caller, dataset: Record<string, unknown>): Promise<string> {
    const ownerGroup = String(dataset['ownerGroup']);
    const policy = await this.catalogue
      .other('Policy')
      .findOne({ ownerGroup }, { projection: { tapeRedundancy: 1 } });
    if (policy !== null) return classification(String(policy['tapeRedundancy']));
    const ownerEmail = String(dataset['ownerEmail'] ?? '');
    await this.provide(caller, ownerGroup, ownerEmail === '' ? [''] : ownerEmail.split(','));
    return classification(/AV=(\w+)/.exec(String(dataset['classification'] ?? ''))?.[1] ?? 'low');
  }

  /** Makes the default policy of a group that has none. */
  async provide(caller: Caller, ownerGroup: string, manager: readonly string[]): Promise<void> {
    const now = this.clock.now();
    await this.catalogue.other('Policy').updateOne(
      { ownerGroup },
      {
        $setOnInsert: {
          _id: newId(),
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

function classification(redundancy: string): string {
  return `IN=medium,AV=${redundancy},CO=low`;
}
