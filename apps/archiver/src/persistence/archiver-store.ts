import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { messageOf } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { MongoConnection, type EarlyRequest } from '#persistence';
import type {
  Adoption,
  AnnouncedKey,
  FileAside,
  KnownTarget,
  ReaderTurns,
  RetrievedCopy,
  RoomWait,
  ScrubTurn,
  ShareSteering,
  StoredDatablock,
  WorkOrder,
} from './records.js';
import type { WorkerRecord } from './operators/worker-record.js';

/** archiver's own database: its work, what lies on long-term storage and what was retrieved. */
@Injectable()
export class ArchiverStore implements OnApplicationBootstrap {
  private deciding: Promise<void> = Promise.resolve();

  constructor(
    private readonly mongo: MongoConnection,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  get works() {
    return this.mongo.connection.collection<WorkOrder>('works');
  }

  /** By the ids of orders that have not come yet. */
  get earlyCancels() {
    return this.mongo.connection.collection<EarlyRequest>('early_cancels');
  }

  get datablocks() {
    return this.mongo.connection.collection<StoredDatablock>('datablocks');
  }

  get retrieved() {
    return this.mongo.connection.collection<RetrievedCopy>('retrieved_copies');
  }

  get roomWaits() {
    return this.mongo.connection.collection<RoomWait>('retrieval_waits');
  }

  get asides() {
    return this.mongo.connection.collection<FileAside>('set_aside');
  }

  get targets() {
    return this.mongo.connection.collection<KnownTarget>('targets');
  }

  get steering() {
    return this.mongo.connection.collection<ShareSteering>('share_modes');
  }

  get scrubTurns() {
    return this.mongo.connection.collection<ScrubTurn>('scrub_turns');
  }

  get certificateKeys() {
    return this.mongo.connection.collection<AnnouncedKey>('certificate_keys');
  }

  get readerTurns() {
    return this.mongo.connection.collection<ReaderTurns>('reader_turns');
  }

  get workers() {
    return this.mongo.connection.collection<WorkerRecord>('workers');
  }

  get adoptions() {
    return this.mongo.connection.collection<Adoption>('adoptions');
  }

  /** Nothing works before the index that keeps two names from one storage is there. */
  async whenReady(): Promise<void> {
    await this.mongo.whenReady();
    await this.deciding;
  }

  onApplicationBootstrap(): void {
    this.deciding = this.mongo
      .afterStart('the index that decides', () => this.createDecidingIndex())
      .catch((error: unknown) =>
        this.logger.error(
          { error: messageOf(error) },
          'could not create a unique index; one storage may get two names',
        ),
      );
    void this.deciding
      .then(() => this.mongo.afterStart('indexes', () => this.createIndexes()))
      .catch((error: unknown) => this.logger.error({ error: messageOf(error) }, 'could not create indexes'));
  }

  private async createDecidingIndex(): Promise<void> {
    await this.targets.createIndex({ identity: 1 }, { name: 'by_identity', unique: true });
  }

  private async createIndexes(): Promise<void> {
    await this.works.createIndex(
      { state: 1, dueAt: 1 },
      { name: 'due', partialFilterExpression: { state: 'open' } },
    );
    await this.works.createIndex({ dueAt: 1, state: 1 }, { name: 'ended' });
    await this.works.createIndex(
      { 'place.target': 1, 'place.medium': 1, 'place.position': 1 },
      { name: 'in_tape_order', sparse: true },
    );
    await this.works.createIndex({ jobId: 1, state: 1, _id: 1 }, { name: 'by_job' });
    await this.works.createIndex({ state: 1, _id: 1 }, { name: 'by_state' });
    await this.works.createIndex(
      { 'needs.targets': 1, _id: 1 },
      { name: 'by_target', partialFilterExpression: { state: 'open' } },
    );
    await this.works.createIndex({ 'command.data.archiveId': 1, state: 1 }, { name: 'by_datablock' });
    await this.earlyCancels.createIndex({ at: 1 }, { name: 'by_age' });
    await this.asides.createIndex({ archiveId: 1 }, { name: 'by_datablock' });
    await this.datablocks.createIndex({ discardedAt: 1 }, { name: 'discarded', sparse: true });
    await this.datablocks.createIndex({ pid: 1, filesSha256: 1 }, { name: 'by_files' });
    await this.datablocks.createIndex({ 'copies.damaged.at': 1 }, { name: 'damaged', sparse: true });
    await this.datablocks.createIndex({ sha256: 1 }, { name: 'by_content', sparse: true });
    await this.datablocks.createIndex({ 'copies.share': 1 }, { name: 'by_share' });
    await this.datablocks.createIndex({ 'copies.share': 1, 'copies.verifiedAt': 1 }, { name: 'by_proof' });
    await this.adoptions.createIndex({ state: 1, startedAt: 1 }, { name: 'to_go_on_with' });
    await this.asides.createIndex({ share: 1 }, { name: 'by_share' });
    await this.asides.createIndex({ dueAt: 1, _id: 1 }, { name: 'due' });
    await this.asides.createIndex({ setAsideAt: 1, _id: 1 }, { name: 'by_age' });
    await this.certificateKeys.createIndex({ announcedAt: -1, _id: 1 }, { name: 'newest' });
    await this.works.createIndex(
      { jobId: 1, _id: 1 },
      { name: 'retrievals', partialFilterExpression: { 'command.kind': { $in: ['retrieve', 'take'] } } },
    );
    await this.works.createIndex(
      { jobId: 1, 'command.data.number': 1 },
      { name: 'pins', partialFilterExpression: { 'command.kind': 'pins' } },
    );
    await this.workers.createIndex({ seenAt: 1 }, { name: 'by_sign' });
    await this.datablocks.createIndex({ pid: 1, _id: 1 }, { name: 'by_dataset' });
    await this.datablocks.createIndex({ 'copies.share': 1, _id: 1 }, { name: 'on_share' });
    await this.retrieved.createIndex({ archiveId: 1, _id: 1 }, { name: 'by_datablock' });
    await this.retrieved.createIndex({ expiresAt: 1 }, { name: 'by_expiry' });
  }
}
