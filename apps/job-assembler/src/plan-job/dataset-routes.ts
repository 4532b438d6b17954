import { Inject, Injectable } from '@nestjs/common';
import type { RouteQuestion } from '#routes';
import { DatablockPlaces } from '../aggregates/datablock-places.js';
import type { PlannableJob } from '../aggregates/jobs.js';
import type { WorkOrder } from '../aggregates/records.js';
import { CatalogClient, type CatalogDataset } from '../catalog/catalog-client.js';
import { questionOf } from '../domain/dataset-questions.js';
import { laneName } from '../domain/lanes.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';
import { assertMayCopy, copyingBy, type Copying } from './copy-targets.js';

/** What a route says of a work order. */
export type Routed = Pick<
  WorkOrder,
  'target' | 'targets' | 'outsideTargets' | 'route' | 'copies' | 'priority'
>;

/** Chooses where the work of a dataset goes: once for a dataset, of fields that are known by then. */
@Injectable()
export class DatasetRoutes {
  constructor(
    private readonly catalog: CatalogClient,
    private readonly places: DatablockPlaces,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
  ) {}

  /** @throws PermanentError `routes.none`, `routes.too-few-targets` */
  archiving(job: PlannableJob, dataset: CatalogDataset): Routed {
    const { routes } = this.config;
    const chosen = routes.routeFor(questionOf(job, dataset));
    const { route, priority } = chosen;
    // Workers outside get their copies when those of the archiver are good.
    const targets = chosen.targets.filter((name) => !routes.isOutside(name));
    const outsideTargets = chosen.targets.filter((name) => routes.isOutside(name));
    const copies = chosen.copies - outsideTargets.length;
    return {
      ...{ target: laneName('write', { route, targets }), route, copies, priority: job.priority ?? priority },
      ...(targets.length === 0 ? {} : { targets }),
      ...(outsideTargets.length === 0 ? {} : { outsideTargets }),
    };
  }

  /** How datablocks of a dataset are read, by where their copies lie. The catalogue is asked for it only if routes ask for its fields. */
  async reading(job: PlannableJob, pid: string): Promise<(archiveId: string) => Promise<Routed>> {
    const { routes } = this.config;
    const question = routes.asksOfDatasets(job.jobType)
      ? questionOf(job, await this.catalog.dataset(pid))
      : { jobType: job.jobType, fields: {}, bytes: 0 };
    if (!routes.areNamed) return () => Promise.resolve(this.routed(job, question, []));
    return async (archiveId) => {
      const routed = this.routed(job, question, await this.places.of(archiveId, pid));
      if (job.workflow !== 'verify') return routed;
      // A verification reads the copies of workers outside as well.
      const outsideTargets = Object.keys(await this.places.outside(archiveId, pid)).sort();
      return { ...routed, ...(outsideTargets.length === 0 ? {} : { outsideTargets }) };
    };
  }

  /** How copies that there are are mended, or moved. @throws PermanentError as {@link assertMayCopy} */
  async copying(job: PlannableJob, pid: string): Promise<(archiveId: string) => Promise<Copying>> {
    assertMayCopy(this.config.routes, job);
    const readingOf = await this.reading(job, pid);
    return async (archiveId) => copyingBy(job, await readingOf(archiveId));
  }

  private routed(job: PlannableJob, question: RouteQuestion, places: readonly string[]): Routed {
    const reading = this.config.routes.readingFor(question, places);
    const { route, targets, priority } = reading;
    // A verification reads every copy; and where it is not known where copies lie, the archiver may read any of them.
    const needs = job.workflow === 'verify' || places.length === 0 ? 'all' : 'any';
    return {
      ...{ target: laneName('read', reading, needs), route, priority: job.priority ?? priority },
      // What is not known is better known to the archiver.
      ...(places.length === 0 ? {} : { targets }),
    };
  }
}
