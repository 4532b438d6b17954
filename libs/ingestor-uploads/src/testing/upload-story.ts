import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { ManualClock, newId, pidAsName } from '#kernel';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';
import { MemoryObjectStore } from '#storage/testing';
import { ingestorConfigFrom, type UploadsConfig } from '../ingestor.config.js';
import { IngestorStore } from '../persistence/ingestor-store.js';
import type { Grant, Upload } from '../persistence/records.js';
import { LandedRoom } from '../space/landed-room.js';
import { LandingSpace } from '../space/landing-space.js';
import { AccessTokens } from '../tokens/access-tokens.js';
import { Grants } from '../tokens/grants.js';
import { LinkTokens } from '../transfers/link-tokens.js';
import { Transfers } from '../transfers/transfers.js';
import type { Uploader } from '../upload-catalogue.js';
import { Aborting } from '../uploads/aborting.js';
import { Aftermath } from '../uploads/aftermath.js';
import { Clearing } from '../uploads/clearing.js';
import { UploadCompleteness } from '../uploads/completeness.js';
import { Finalization } from '../uploads/finalization.js';
import { Leftovers } from '../uploads/leftovers.js';
import { LandingObjects } from '../uploads/landing-objects.js';
import { Multiparts } from '../uploads/multiparts.js';
import { NeededFiles } from '../uploads/needed-files.js';
import { objectNameOf } from '../uploads/object-names.js';
import { RegisteredFiles } from '../uploads/registered-files.js';
import { UnfinishedUploads } from '../uploads/unfinished-uploads.js';
import { UploadLinks } from '../uploads/upload-links.js';
import { UploadsSweep } from '../uploads/uploads-sweep.js';
import { Uploads } from '../uploads/uploads.js';
import { UploadWorkers } from '../uploads/workers.js';
import { MemoryUploadCatalogue } from './memory-upload-catalogue.js';

export const ada: Uploader = { username: 'ada', email: 'ada@example.org', groups: ['g'], accountId: '1' };
export const bucket = 'landing';
export const pid = '20.500.1/a b';

export const shaOf = (content: Uint8Array): string => createHash('sha256').update(content).digest('base64');

/** What a story is told with: catalogue and objects in memory, a real database, and a clock that is turned by hand. */
export class UploadStory {
  readonly clock = new ManualClock(new Date());
  readonly catalogue = new MemoryUploadCatalogue();
  readonly objects = new MemoryObjectStore();
  readonly store: IngestorStore;
  readonly space: LandingSpace;
  readonly grants: Grants;
  readonly tokens: AccessTokens;
  readonly uploads: Uploads;
  readonly links: UploadLinks;
  readonly transfers: Transfers;
  readonly multiparts: Multiparts;
  readonly finalization: Finalization;
  readonly aborting: Aborting;
  readonly sweep: UploadsSweep;
  readonly config: UploadsConfig;

  private constructor(
    private readonly mongo: MongoConnection,
    environment: Readonly<Record<string, string>>,
  ) {
    const logger = createLogger('upload-story', 'silent');
    this.config = ingestorConfigFrom({
      INGESTOR_TOKEN_SECRET: 'a secret of the story, long enough for it',
      INGESTOR_GROUPS: 'g,other',
      INGESTOR_SPACE: '1000B',
      LANDING_ZONE_BUCKET: bucket,
      ...environment,
    }).uploads!;
    const { clock, catalogue, config } = this;
    this.store = new IngestorStore(mongo, logger);
    this.tokens = new AccessTokens(clock, config);
    this.grants = new Grants(this.store, catalogue, this.tokens, clock, config);
    this.space = new LandingSpace(this.store, clock, config);
    const landing = new LandingObjects(this.objects, config);
    const listed = new RegisteredFiles(catalogue, clock);
    const workers = new UploadWorkers(this.store, clock, config);
    const linkTokens = new LinkTokens(clock, config);
    this.uploads = new Uploads(this.store, catalogue, this.space, listed, clock, config);
    this.links = new UploadLinks(this.store, this.uploads, listed, landing, linkTokens, clock);
    const leftovers = new Leftovers(this.store, landing);
    const room = new LandedRoom(landing, this.space);
    this.transfers = new Transfers(this.store, landing, this.uploads, leftovers, linkTokens, config);
    this.multiparts = new Multiparts(this.store, landing, this.uploads, leftovers);
    const needs = new NeededFiles(catalogue);
    const clearing = new Clearing(this.store, landing, needs, room, workers, logger);
    this.aborting = new Aborting(this.store, workers, clearing);
    const completeness = new UploadCompleteness(this.store, landing, listed);
    const aftermath = new Aftermath(catalogue, this.space);
    this.finalization = new Finalization(this.store, completeness, workers, aftermath, logger);
    const unfinished = new UnfinishedUploads(
      ...([this.store, this.uploads, workers, clearing, this.finalization, clock] as const),
    );
    this.sweep = new UploadsSweep(unfinished, this.grants, this.space, room, config, logger);
  }

  /** @param uri of a database server */
  static async begin(
    uri: string | undefined,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<UploadStory> {
    assert.ok(
      uri,
      'MONGODB_URI must name a database: run `npm test`, or start one with `npm run stack -- up`.',
    );
    const url = new URL(uri);
    url.pathname = `/uploads-${newId().slice(0, 8)}`;
    const mongo = new MongoConnection(
      { uri: url.toString(), appName: 'upload-story' },
      createLogger('upload-story', 'silent'),
    );
    await mongo.whenReady();
    const story = new UploadStory(mongo, environment);
    await story.objects.ensureBucket(bucket);
    story.catalogue.people.set('token of ada', ada);
    story.catalogue.register(pid, 'g', []);
    return story;
  }

  async end(): Promise<void> {
    await this.mongo.connection.dropDatabase();
    await this.mongo.close();
  }

  /** A new grant, as a client has it after POST /token. */
  async grantOf(uploader: Uploader = ada): Promise<Grant> {
    const { session_state: id } = await this.grants.begin(uploader);
    return (await this.grants.living(id))!;
  }

  /** A dataset with these files, and its open upload. */
  async open(files: Readonly<Record<string, string>>, of = pid): Promise<Grant> {
    const listed = Object.entries(files).map(([path, content]) => ({ path, size: content.length }));
    this.catalogue.register(of, 'g', listed);
    const grant = await this.grantOf();
    await this.uploads.request(grant, of, 0);
    return grant;
  }

  /** Sends a file in one piece. */
  async send(grant: Grant, path: string, content: string, of = pid): Promise<string> {
    const { tokens } = await this.links.announce(grant, of, objectNameOf(of, path), 1);
    return this.put(tokens[0]!, content);
  }

  put(token: string, content: string, body: AsyncIterable<Uint8Array> = once(content)): Promise<string> {
    return this.transfers.pass({ token, length: content.length, sha256: shaOf(Buffer.from(content)), body });
  }

  finalize(grant: Grant, archiveJob = true, of = pid): Promise<void> {
    return this.finalization.finalize(grant, { pid: of, archiveJob, ownerGroup: 'g', contactEmail: '' });
  }

  async upload(of = pid): Promise<Upload> {
    return (await this.store.uploads.findOne({ _id: of }))!;
  }

  /** Paths in the landing zone. */
  async landed(of = pid): Promise<string[]> {
    const prefix = `${pidAsName(of)}/`;
    const paths: string[] = [];
    for await (const { key } of this.objects.list(bucket, prefix)) paths.push(key.slice(prefix.length));
    return paths;
  }
}

export async function* once(content: string): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield Buffer.from(content);
}
