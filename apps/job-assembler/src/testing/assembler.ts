import { ManualClock, type Clock } from '#kernel';
import type { OutboxRelay } from '#outbox';
import { EarlyRequests } from '#persistence';
import { memoryCollection } from '#persistence/testing';
import type { DatablockPlaces } from '../aggregates/datablock-places.js';
import type { DatasetTasks } from '../aggregates/dataset-tasks.js';
import type { Jobs } from '../aggregates/jobs.js';
import type { OriginalReleases } from '../aggregates/original-releases.js';
import type { OutsideOrders } from '../aggregates/outside-orders.js';
import type { EarlyCancels } from '../aggregates/early-cancels.js';
import type { Leases } from '../aggregates/leases.js';
import type { SteeredWork } from '../aggregates/steered-work.js';
import type { Steering } from '../aggregates/steering.js';
import type { AssemblyJob, DatablockPlace, DatasetTask, WorkOrder } from '../aggregates/records.js';
import type { WorkFigures } from '../aggregates/work-figures.js';
import type { WorkOrders } from '../aggregates/work-orders.js';
import { AssemblerStore } from '../persistence/assembler-store.js';
import { MongoDatablockPlaces } from '../persistence/mongo-datablock-places.js';
import { MongoDatasetTasks } from '../persistence/mongo-dataset-tasks.js';
import { MongoJobs } from '../persistence/mongo-jobs.js';
import { MongoOriginalReleases } from '../persistence/mongo-original-releases.js';
import { MongoOutsideOrders } from '../persistence/mongo-outside-orders.js';
import { MongoLeases } from '../persistence/mongo-leases.js';
import { MongoSteeredWork } from '../persistence/mongo-steered-work.js';
import { MongoSteering, type SteeringRecord } from '../persistence/mongo-steering.js';
import { MongoWorkFigures } from '../persistence/mongo-work-figures.js';
import { MongoWorkOrders } from '../persistence/mongo-work-orders.js';

/** The aggregates over some collections: those of a database, or their twins in memory. */
export interface Assembler {
  readonly store: AssemblerStore;
  readonly jobs: Jobs;
  readonly tasks: DatasetTasks;
  readonly orders: WorkOrders;
  readonly releases: OriginalReleases;
  readonly outside: OutsideOrders;
  readonly places: DatablockPlaces;
  readonly early: EarlyCancels;
  readonly leases: Leases;
  readonly steering: Steering;
  readonly steered: SteeredWork;
  readonly figures: WorkFigures;
  /** The same on other collections: for a writer that comes in between. */
  readonly with: (collections: Partial<AssemblerStore>) => Assembler;
}

/** A relay that sends nothing. */
const silentRelay = { wake: () => undefined, onAccepted: () => undefined } as unknown as OutboxRelay;

export function assemblerOn(
  store: AssemblerStore,
  clock: Clock = new ManualClock(),
  relay = silentRelay,
): Assembler {
  return {
    store,
    jobs: new MongoJobs(store, relay),
    tasks: new MongoDatasetTasks(store, relay),
    orders: new MongoWorkOrders(store, relay),
    releases: new MongoOriginalReleases(store, relay),
    outside: new MongoOutsideOrders(store, relay),
    places: new MongoDatablockPlaces(store),
    early: new EarlyRequests(store.earlyCancels),
    leases: new MongoLeases(store, clock),
    steering: new MongoSteering(store),
    steered: new MongoSteeredWork(store),
    figures: new MongoWorkFigures(store),
    with: (collections) => assemblerOn(storeWith(store, collections), clock, relay),
  };
}

function storeWith(store: AssemblerStore, collections: Partial<AssemblerStore>): AssemblerStore {
  const others = Object.entries(collections).map(([name, value]) => [name, { value }]);
  return Object.create(store, Object.fromEntries(others) as PropertyDescriptorMap) as AssemblerStore;
}

/** The twins in memory. */
export function memoryAssembler(clock?: Clock, relay?: OutboxRelay): Assembler {
  const collections = {
    jobs: { value: memoryCollection<AssemblyJob>() },
    tasks: { value: memoryCollection<DatasetTask>() },
    orders: { value: memoryCollection<WorkOrder>() },
    places: { value: memoryCollection<DatablockPlace>() },
    earlyCancels: { value: memoryCollection<object>() },
    leases: { value: memoryCollection<object>() },
    settings: { value: memoryCollection<SteeringRecord>() },
    whenReady: { value: () => Promise.resolve() },
  };
  return assemblerOn(Object.create(AssemblerStore.prototype, collections) as AssemblerStore, clock, relay);
}
