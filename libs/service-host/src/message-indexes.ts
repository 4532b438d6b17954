import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { messageOf } from '#kernel';
import { LOGGER, type Logger } from '#observability';
import { MongoInbox, MongoOutboxStore, ParkingLot } from '#outbox';
import { MongoConnection } from '#persistence';

/** Creates the indexes of inbox, outboxes and parking lot as soon as the database answers; the start does not wait. */
@Injectable()
export class MessageIndexes implements OnApplicationBootstrap {
  constructor(
    private readonly mongo: MongoConnection,
    private readonly inbox: MongoInbox,
    private readonly outbox: MongoOutboxStore,
    private readonly parkingLot: ParkingLot,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    void this.mongo
      .afterStart('indexes of messages', async () => {
        await Promise.all([
          this.inbox.createIndexes(),
          this.outbox.createIndexes(),
          this.parkingLot.createIndexes(),
        ]);
      })
      .catch((error: unknown) =>
        this.logger.error({ error: messageOf(error) }, 'could not create the indexes of messages'),
      );
  }
}
