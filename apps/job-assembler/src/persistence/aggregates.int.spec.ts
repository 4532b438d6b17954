import { after } from 'node:test';
import { ManualClock, newId } from '#kernel';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';
import { assemblerOn } from '../testing/assembler.js';
import { datablockPlacesConformance } from '../testing/datablock-places.conformance.js';
import { datasetTasksConformance } from '../testing/dataset-tasks.conformance.js';
import { jobsConformance } from '../testing/jobs.conformance.js';
import { steeredJobsConformance } from '../testing/steered-jobs.conformance.js';
import { steeringConformance } from '../testing/steering.conformance.js';
import { outsideOrdersConformance } from '../testing/outside-orders.conformance.js';
import { workFiguresConformance } from '../testing/work-figures.conformance.js';
import { workOrdersConformance } from '../testing/work-orders.conformance.js';
import { AssemblerStore } from './assembler-store.js';

const logger = createLogger('aggregates.int.spec', 'silent');
const uri = new URL(process.env['MONGODB_URI'] ?? '');
uri.pathname = `/aggregates-${newId().slice(0, 8)}`;
const mongo = new MongoConnection({ uri: uri.toString(), appName: 'test' }, logger);
const store = new AssemblerStore(mongo, logger);
after(async () => {
  await mongo.connection.dropDatabase();
  await mongo.close();
});

const open = async () => {
  await store.whenReady();
  return assemblerOn(store, new ManualClock());
};

datablockPlacesConformance('MongoDB', open);
jobsConformance('MongoDB', open);
datasetTasksConformance('MongoDB', open);
workOrdersConformance('MongoDB', open);
outsideOrdersConformance('MongoDB', open);
steeredJobsConformance('MongoDB', open);
steeringConformance('MongoDB', open);
workFiguresConformance('MongoDB', open);
