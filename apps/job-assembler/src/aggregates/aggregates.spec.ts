import { ManualClock } from '#kernel';
import { memoryAssembler } from '../testing/assembler.js';
import { datablockPlacesConformance } from '../testing/datablock-places.conformance.js';
import { datasetTasksConformance } from '../testing/dataset-tasks.conformance.js';
import { jobsConformance } from '../testing/jobs.conformance.js';
import { steeredJobsConformance } from '../testing/steered-jobs.conformance.js';
import { steeringConformance } from '../testing/steering.conformance.js';
import { outsideOrdersConformance } from '../testing/outside-orders.conformance.js';
import { workFiguresConformance } from '../testing/work-figures.conformance.js';
import { workOrdersConformance } from '../testing/work-orders.conformance.js';

const open = () => Promise.resolve(memoryAssembler(new ManualClock()));

datablockPlacesConformance('The twin', () => Promise.resolve(memoryAssembler()));
jobsConformance('The twin in memory', open);
datasetTasksConformance('The twin in memory', open);
workOrdersConformance('The twin in memory', open);
outsideOrdersConformance('The twin in memory', open);
steeredJobsConformance('The twin in memory', open);
steeringConformance('The twin in memory', open);
workFiguresConformance('The twin in memory', open);
