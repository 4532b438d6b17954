import { Injectable } from '@nestjs/common';
import { registrationConfirmedV1, withdrawalConfirmedV1 } from '#contracts';
import { Clock, crashPoint } from '#kernel';
import { eventRow, type OutboxRow } from '#outbox';
import type { Step } from '../domain/next-step.js';
import type { Publication } from '../persistence/records.js';
import { FeedPush } from '../push/feed-push.js';
import { RecallOrders } from '../recalls/recall-orders.js';
import { DoiRegistration } from '../registry/doi-registration.js';
import { ContentFreezer } from './content-freezer.js';
import { LeasedPublications } from '../persistence/leased-publications.js';
import type { Lease } from '../persistence/lease.js';

/** One step of a publication, each safe to take again after a crash at any point of it. */
@Injectable()
export class PublicationSteps {
  constructor(
    private readonly freezer: ContentFreezer,
    private readonly registration: DoiRegistration,
    private readonly feed: FeedPush,
    private readonly recalls: RecallOrders,
    private readonly held: LeasedPublications,
    private readonly clock: Clock,
  ) {}

  async take(step: Step, publication: Publication, lease: Lease): Promise<void> {
    const { freezer, registration, feed } = this;
    switch (step) {
      case 'read':
        return freezer.read(publication, lease);
      case 'read-files':
        return freezer.readFiles(publication, lease);
      case 'bury':
        return freezer.bury(publication, lease);
      case 'reserve':
        return registration.reserve(publication, lease);
      case 'register':
        return registration.register(publication, lease);
      case 'push':
        return feed.push(publication, lease);
      case 'publish':
        return registration.publish(publication, lease);
      case 'hide':
        return registration.hide(publication, lease);
      case 'confirm':
        await this.recalls.orderFor(publication);
        return this.report(publication, lease, this.confirmation(publication));
      case 'confirm-withdrawal':
        return this.report(publication, lease, this.withdrawalConfirmation(publication));
    }
  }

  private async report({ version }: Publication, lease: Lease, row: OutboxRow): Promise<void> {
    crashPoint('publisher.before-report');
    await this.held.save(lease, { reported: version }, [row]);
    crashPoint('publisher.after-report');
  }

  private confirmation({ _id: doi, version, doi: { state } }: Publication): OutboxRow {
    return eventRow(
      registrationConfirmedV1,
      {
        doi,
        version,
        doiState: state === 'findable' ? 'findable' : 'draft',
        landingPage: this.freezer.landingPageOf(doi),
      },
      this.clock.now(),
    );
  }

  private withdrawalConfirmation({ _id: doi, version }: Publication): OutboxRow {
    return eventRow(withdrawalConfirmedV1, { doi, version }, this.clock.now());
  }
}
