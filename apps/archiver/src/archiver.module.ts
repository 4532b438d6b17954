import {
  Inject,
  Injectable,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Clock, messageOf, wait } from '#kernel';
import { storageAt } from '#long-term-storage';
import { type Logger, LOGGER } from '#observability';
import { ServiceHostModule } from '#service-host';
import { ObjectStore, ReferencedObjects, S3ObjectStore } from '#storage';
import { WorkOrdersConsumer } from './accept-work/work-orders.consumer.js';
import { ArchiveDatablockHandler } from './archive-datablock/archive-datablock.handler.js';
import { CopyWriter } from './archive-datablock/copy-writer.js';
import { DatablockLists } from './archive-datablock/datablock-lists.js';
import { Originals } from './archive-datablock/originals.js';
import type { ArchiverConfig } from './archiver.config.js';
import { ConfigToken, SharesToken } from './archiver.tokens.js';
import { CatalogueWord } from './catalog/catalogue-word.js';
import { ArchiverStore } from './persistence/archiver-store.js';
import { DiscardDatablockHandler } from './discard-datablock/discard-datablock.handler.js';
import { ReleaseOriginalsHandler } from './release-originals/release-originals.handler.js';
import { ReleasedDatablocks } from './release-originals/released-datablocks.js';
import { EndedWorkSweep } from './forget-work/ended-work-sweep.js';
import { CopyRecords } from './persistence/copy-records.js';
import { ExpireRetrievedCopies } from './retrieve-datablock/expire-retrieved-copies.js';
import { RecallLock } from './retrieve-datablock/recall-lock.js';
import {
  RetrievalSurroundings,
  RetrieveDatablockHandler,
} from './retrieve-datablock/retrieve-datablock.handler.js';
import { WaitingSigns } from './run-work/waiting-signs.js';
import { WorkHandlers } from './run-work/work-handlers.js';
import { ThreadWatch } from './run-work/thread-watch.js';
import { ProgressReporting, WorkRunner } from './run-work/work-runner.js';
import { DataElsewhere } from './set-aside/data-elsewhere.js';
import { SetAsideSweep } from './set-aside/set-aside-sweep.js';
import { SetAside } from './set-aside/set-aside.js';
import { SetAsideController } from './set-aside/set-aside.controller.js';
import { VerifyDatablockHandler } from './verify-datablock/verify-datablock.handler.js';

/** Makes the buckets the archiver writes to, as soon as object storage can be reached. */
@Injectable()
class Buckets implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly stopping = new AbortController();

  constructor(
    private readonly objects: ObjectStore,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    void this.make();
  }

  onApplicationShutdown(): void {
    this.stopping.abort();
  }

  private async make(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        for (const bucket of [this.config.controlBucket, this.config.retrievalBucket])
          await this.objects.ensureBucket(bucket);
        return;
      } catch (error) {
        this.logger.warn({ error: messageOf(error) }, 'object storage is out of reach, trying again');
        await wait(3000, this.stopping.signal);
      }
    }
  }
}

@Module({})
export class ArchiverModule {
  static forRoot(config: ArchiverConfig): DynamicModule {
    return {
      module: ArchiverModule,
      imports: [ServiceHostModule.forRoot(config.serviceHost)],
      controllers: [WorkOrdersConsumer, SetAsideController],
      providers: [
        { provide: ConfigToken, useValue: config },
        { provide: ObjectStore, useFactory: () => new S3ObjectStore(config.store) },
        {
          provide: ReferencedObjects,
          inject: [ObjectStore, Clock],
          useFactory: (store: ObjectStore, clock: Clock) =>
            new ReferencedObjects(store, clock, config.referencePatience),
        },
        {
          provide: SharesToken,
          useFactory: () => config.shares.map((item) => storageAt(item, config.shareMarker)),
        },
        ArchiverStore,
        CopyRecords,
        Buckets,
        CatalogueWord,
        Originals,
        DatablockLists,
        CopyWriter,
        SetAside,
        SetAsideSweep,
        DataElsewhere,
        WorkRunner,
        ThreadWatch,
        WorkHandlers,
        ProgressReporting,
        WaitingSigns,
        ArchiveDatablockHandler,
        RetrieveDatablockHandler,
        RetrievalSurroundings,
        RecallLock,
        ExpireRetrievedCopies,
        VerifyDatablockHandler,
        ReleaseOriginalsHandler,
        ReleasedDatablocks,
        EndedWorkSweep,
        DiscardDatablockHandler,
      ],
    };
  }
}
