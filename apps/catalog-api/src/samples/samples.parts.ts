import { SampleQueries } from './sample-queries.js';
import { SampleService } from './sample.service.js';
import { SamplesController } from './samples.controller.js';

export const sampleParts = { controllers: [SamplesController], providers: [SampleService, SampleQueries] };
