import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { PosixShare } from '#long-term-storage';
import { S3ObjectStore, s3OptionsFrom, type ObjectStore } from '#storage';
import type { Services, ServicesFor } from '../apps/services.js';
import { controlBucket, landingZone, retrievalBucket } from '../apps/settings.js';
import { WatchedObjects } from '../twins/watched-objects.js';
import { WatchedShare } from '../twins/watched-share.js';
import type { World } from '../world/world.js';
import { awaited } from './awaited.js';
import { RealDatabase } from './real-database.js';

const buckets = [landingZone, retrievalBucket, controlBucket] as const;
const apps = ['catalog-api', 'job-assembler', 'archiver'] as const;

/** A document database, an object store and folders of this machine, for one story after the other. */
export class RealServices {
  private readonly connections = new Map<string, mongoose.Connection>();
  private readonly store: ObjectStore;
  private folder = '';

  /** @param environment `MONGODB_URI`, `S3_ENDPOINT`, `S3_ACCESS_KEY`, `S3_SECRET_KEY` */
  constructor(private readonly environment: Readonly<Record<string, string | undefined>>) {
    this.store = inOwnBuckets(new S3ObjectStore(s3OptionsFrom(environment)));
  }

  /** Empties everything that the last story has left, and connects. @param shareNames the storages that there will be */
  async prepare(shareNames: readonly string[]): Promise<void> {
    for (const app of apps) {
      const uri = new URL(this.environment['MONGODB_URI'] ?? '');
      uri.pathname = `/simulation-${process.pid}-${app}`;
      const known =
        this.connections.get(app) ?? (await mongoose.createConnection(uri.toString()).asPromise());
      this.connections.set(app, known);
      // Indexes stay: a hundred of them take longer than most stories.
      for (const { name } of (await known.db?.listCollections().toArray()) ?? [])
        await known.collection(name).deleteMany({});
    }
    await this.emptyBuckets();
    await this.removeFolder();
    this.folder = await mkdtemp(join(tmpdir(), 'catena-simulation-'));
    for (const name of shareNames) await mkdir(join(this.folder, name.replaceAll('/', '')));
  }

  async close(): Promise<void> {
    for (const connection of this.connections.values()) {
      await connection.dropDatabase();
      await connection.close();
    }
    await this.emptyBuckets();
    await this.removeFolder();
  }

  /** The services of one story. @param shareNames what the storages are called, whatever folders they are */
  readonly services: ServicesFor = (world, shareNames) => this.servicesOf(world, shareNames);

  private servicesOf({ scheduler }: World, shareNames: readonly string[]): Services {
    const roots = shareNames.map((name) => join(this.folder, name.replaceAll('/', '')));
    const database = (app: (typeof apps)[number], name: string): RealDatabase =>
      new RealDatabase(name, this.connections.get(app)!, scheduler);
    const databases = {
      'catalog-api': database('catalog-api', 'catalogue'),
      'job-assembler': database('job-assembler', 'assembler'),
      archiver: database('archiver', 'archive'),
    };
    const objects = new WatchedObjects();
    const shares = shareNames.map((name) => new WatchedShare(name));
    const storages = roots.map((root, index) =>
      awaited(new PosixShare({ name: shareNames[index]!, root }), scheduler),
    );
    const refresh = async (isWhole: boolean): Promise<void> => {
      for (const one of Object.values(databases)) await one.refresh();
      for (const [index, root] of roots.entries()) await copyFiles(root, shares[index]!);
      if (isWhole) await this.copyObjects(objects);
    };
    return { databases, store: awaited(this.store, scheduler), storages, objects, shares, refresh };
  }

  private async copyObjects(into: WatchedObjects): Promise<void> {
    for (const bucket of buckets) {
      await into.ensureBucket(bucket);
      for await (const { key, size } of this.store.list(bucket, '')) {
        const chunks: Buffer[] = [];
        for await (const chunk of await this.store.get(bucket, key)) chunks.push(chunk as Buffer);
        await into.put(bucket, key, Buffer.concat(chunks), { size });
      }
    }
  }

  private async emptyBuckets(): Promise<void> {
    for (const bucket of buckets) {
      await this.store.ensureBucket(bucket);
      const keys: string[] = [];
      for await (const { key } of this.store.list(bucket, '')) keys.push(key);
      if (keys.length > 0) await this.store.remove(bucket, keys);
    }
  }

  private async removeFolder(): Promise<void> {
    if (this.folder !== '') await rm(this.folder, { recursive: true, force: true });
  }
}

/** Others may use the same object store meanwhile: each bucket has a name that nobody else has. */
function inOwnBuckets(store: S3ObjectStore): ObjectStore {
  return new Proxy<ObjectStore>(store, {
    get: (target, property) => {
      const value = Reflect.get(target, property, target) as unknown;
      if (typeof value !== 'function' || property === 'constructor') return value;
      return (bucket: string, ...given: unknown[]): unknown =>
        (value as (...all: unknown[]) => unknown).call(
          target,
          `simulation-${process.pid}-${bucket}`,
          ...given,
        );
    },
  });
}

async function copyFiles(root: string, into: WatchedShare): Promise<void> {
  into.forgetAll();
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(root.length + 1);
    if (!entry.isFile() || /(^|[/])[.]|[.](partial|discarded|publishing)$/.test(name)) continue;
    into.see(name, await readFile(path));
  }
}
