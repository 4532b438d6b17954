import { EmbargoSweep } from './embargo-sweep.js';
import { PublicationFiles } from './publication-files.js';
import { PublicationResources } from '../published-data/publication-resources.js';
import { PublicationSnapshots } from './publication-snapshots.js';
import { PublicationsController } from './publications.controller.js';

export const publicationParts = {
  controllers: [PublicationsController],
  providers: [EmbargoSweep, PublicationFiles, PublicationResources, PublicationSnapshots],
};
