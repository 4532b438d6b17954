import type { DynamicModule } from '@nestjs/common';
import { CatalogClient } from '../../../apps/job-assembler/src/catalog/catalog-client.js';
import { CatalogueWord } from '../../../apps/archiver/src/catalog/catalogue-word.js';
import { SharesToken } from '../../../apps/archiver/src/archiver.config.js';
import { ShareModes } from '../../../apps/archiver/src/persistence/share-modes.js';
import { TargetIdentities } from '../../../apps/archiver/src/persistence/target-identities.js';
import { Clock, TransientError } from '#kernel';
import { IdentifiedStorage, storagesAt, type LongTermStorage } from '#long-term-storage';
import { MessageTransport } from '#messaging';
import { createLogger, LOGGER } from '#observability';
import { MongoConnection } from '#persistence';
import { ObjectStore } from '#storage';
import { SimulatedBroker } from '../twins/broker.js';
import { catalogueAway, CatalogueAnswers } from '../twins/catalogue-answers.js';
import { gated } from '../twins/gated.js';
import type { WatchedObjects } from '../twins/watched-objects.js';
import type { WatchedShare } from '../twins/watched-share.js';
import { Gate } from '../world/gate.js';
import { SimulatedProcess } from '../world/simulated-process.js';
import type { World } from '../world/world.js';
import { RunningApp } from './running-app.js';
import { simulatedServices, type Services, type ServicesFor } from './services.js';
import {
  controlBucket,
  landingZone,
  modules,
  retrievalBucket,
  roots,
  type SimulatedApp,
} from './settings.js';
import { Wiring } from './wiring.js';

const silent = createLogger('simulation', 'silent');
export const shareNames = storagesAt([...roots], undefined).map(({ name }) => name);
/** Made once: the modules of an app are the same in each of its lives. */
const moduleOf = new Map<SimulatedApp, DynamicModule>(
  Object.entries(modules).map(([app, make]) => [app as SimulatedApp, make()]),
);

/** What a planted fault puts in the place of a provider, by its token. */
export type Replacements = ReadonlyMap<unknown, (wiring: Wiring) => unknown>;

export const processNames = ['catalog-api', 'job-assembler', 'archiver-1', 'archiver-2'] as const;
export type ProcessName = (typeof processNames)[number];

/** An installation in one simulated world: services that last, and processes that come and go. */
export class Installation {
  readonly databases: Services['databases'];
  readonly broker: SimulatedBroker;
  /** What clients put files into, and apps. */
  readonly store: ObjectStore;
  readonly objects: WatchedObjects;
  readonly shares: readonly WatchedShare[];
  /** What an app cannot go on without has thrown. */
  readonly fatal: { readonly process: string; readonly error: unknown }[] = [];
  /** What the object store's adapter throws while it gets no answer; a planted fault has it say something else. */
  storeAway = (): Error =>
    new TransientError('storage.unavailable', 'Expected the object store, found no answer.', { away: true });
  private readonly services: Services;
  private readonly answers: CatalogueAnswers;
  private readonly processes = new Map<ProcessName, SimulatedProcess>(
    processNames.map((name) => [name, new SimulatedProcess(name)]),
  );
  private readonly running = new Map<ProcessName, RunningApp>();

  constructor(
    readonly world: World,
    private readonly replaced: ReadonlyMap<SimulatedApp, Replacements> = new Map(),
    servicesFor: ServicesFor = simulatedServices,
  ) {
    this.services = servicesFor(world, shareNames);
    const { databases, store, objects, shares } = this.services;
    Object.assign(this, { databases, store, objects, shares });
    this.broker = new SimulatedBroker(world);
    this.answers = new CatalogueAnswers(this.databases['catalog-api']);
  }

  /** Brings what judges see up to date, where it is a copy. */
  refresh(isWhole: boolean): Promise<void> {
    return this.services.refresh(isWhole);
  }

  async prepare(): Promise<void> {
    for (const bucket of [controlBucket, landingZone, retrievalBucket]) await this.store.ensureBucket(bucket);
  }

  process(name: ProcessName): SimulatedProcess {
    return this.processes.get(name)!;
  }

  /** The app in this process; undefined while it is not running, or not up yet. */
  app(name: ProcessName): RunningApp | undefined {
    const app = this.process(name).isAlive ? this.running.get(name) : undefined;
    return app?.isUp === true ? app : undefined;
  }

  start(name: ProcessName): void {
    const process = this.process(name);
    if (process.isAlive) return;
    process.begin();
    const { scheduler } = this.world;
    scheduler.after(0, process, `${name} starts`, () => {
      const app = new RunningApp(this.wiringOf(name, process), (error) =>
        this.fatal.push({ process: name, error }),
      );
      this.running.set(name, app);
      app.start();
    });
  }

  /** As `kill -9`. */
  kill(name: ProcessName): void {
    const process = this.process(name);
    if (!process.isAlive) return;
    process.end();
    this.broker.cut(process);
    this.running.delete(name);
  }

  /** Has the loops look that else come by once in minutes. */
  sweep(): void {
    for (const [name, app] of this.running)
      this.world.scheduler.after(0, this.process(name), 'sweep', () => app.sweep());
  }

  /** Nothing happens in it for so long: a paused virtual machine, a collector of garbage. What it has sent goes on. */
  freeze(name: ProcessName, milliseconds: number): void {
    this.process(name).frozenUntil = this.world.scheduler.now + milliseconds;
  }

  private wiringOf(name: ProcessName, process: SimulatedProcess): Wiring {
    const { world } = this;
    const app = name.startsWith('archiver') ? 'archiver' : (name as SimulatedApp);
    const store = new Gate(world, process, 'store', () => this.storeAway());
    const catalogue = new Gate(world, process, 'catalogue', catalogueAway);
    const session = {
      get: (path: string) =>
        catalogue.call('get', () => {
          if (!this.process('catalog-api').isAlive) throw catalogueAway();
          return this.answers.get(path);
        }),
    };
    const asking = (type: new (config: never) => object): object =>
      Object.assign(Object.create(type.prototype as object) as object, { session });
    return new Wiring(
      moduleOf.get(app)!,
      new Map<unknown, (wiring: Wiring) => unknown>([
        [Clock, () => world.clock],
        [LOGGER, () => silent],
        [MongoConnection, () => this.databases[app].connectionOf(world, process)],
        [MessageTransport, () => this.broker.transportOf(process, `catena.${app}`)],
        [ObjectStore, () => gated(this.store, store)],
        [CatalogClient, () => asking(CatalogClient)],
        [CatalogueWord, () => asking(CatalogueWord)],
        [SharesToken, (wiring) => this.identified(wiring, process)],
        ...(this.replaced.get(app) ?? []),
      ]),
    );
  }

  private identified(wiring: Wiring, process: SimulatedProcess): LongTermStorage[] {
    const identities = wiring.get<TargetIdentities>(TargetIdentities);
    const modes = wiring.get<ShareModes>(ShareModes);
    return this.services.storages.map((storage, index) => {
      const gate = new Gate(this.world, process, shareNames[index]!, shareAway);
      const mounted = whileMounted(storage, this.shares[index]!);
      return new IdentifiedStorage(gated(mounted, gate), identities, modes);
    });
  }
}

/** Nothing real is unmounted: calls of what the story says is gone are refused. */
function whileMounted(storage: LongTermStorage, share: WatchedShare): LongTermStorage {
  if (storage === share) return storage;
  return new Proxy(storage, {
    get: (target, property, mounted) => {
      if (property === 'identity') return Reflect.get(target, property, mounted) as unknown;
      const value = Reflect.get(target, property, target) as unknown;
      if (typeof value !== 'function' || !share.gone) return value;
      return () => Promise.reject(shareAway());
    },
  });
}

function shareAway(): Error {
  return new TransientError('long-term-storage.unavailable', 'Expected the share, found it gone.');
}
