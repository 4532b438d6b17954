import { Module, type DynamicModule } from '@nestjs/common';
import { ServiceHostModule } from '#service-host';
import { FeedClient } from '#publication-feed';
import { PublicationWishes } from './accept-publications/publication-wishes.js';
import { PublicationsConsumer } from './accept-publications/publications.consumer.js';
import { CatalogClient } from './catalog/catalog-client.js';
import { PublisherStore } from './persistence/publisher-store.js';
import type { PublisherConfig } from './publisher.config.js';
import { ConfigToken } from './publisher.tokens.js';
import { FeedPush } from './push/feed-push.js';
import { CopyFeed } from './recalls/copy-feed.js';
import { RecallCourier } from './recalls/recall-courier.js';
import { RecallMail } from './recalls/recall-mail.js';
import { RecallOrders } from './recalls/recall-orders.js';
import { Comparisons } from './reconcile/comparisons.js';
import { PublicationsController } from './reconcile/publications.controller.js';
import { Reconciliation } from './reconcile/reconciliation.js';
import { DataciteClient } from './registry/datacite-client.js';
import { DoiRegistration } from './registry/doi-registration.js';
import { ContentFreezer } from './run-publications/content-freezer.js';
import { HeldPublications } from './persistence/held-publications.js';
import { PublicationFaults } from './run-publications/publication-faults.js';
import { PublicationRunner } from './run-publications/publication-runner.js';
import { StepProgress } from './run-publications/step-progress.js';
import { PublicationSteps } from './run-publications/publication-steps.js';

@Module({})
export class PublisherModule {
  static forRoot(config: PublisherConfig): DynamicModule {
    return {
      module: PublisherModule,
      imports: [ServiceHostModule.forRoot(config.serviceHost)],
      controllers: [PublicationsConsumer, PublicationsController],
      providers: [
        { provide: ConfigToken, useValue: config },
        { provide: FeedClient, useFactory: () => new FeedClient(config.feed) },
        PublisherStore,
        CatalogClient,
        PublicationWishes,
        HeldPublications,
        ContentFreezer,
        DataciteClient,
        DoiRegistration,
        FeedPush,
        PublicationSteps,
        StepProgress,
        PublicationFaults,
        PublicationRunner,
        RecallOrders,
        CopyFeed,
        RecallMail,
        RecallCourier,
        Comparisons,
        Reconciliation,
      ],
    };
  }
}
