import { Controller, Get, Param, Query } from '@nestjs/common';
import { CountApiResponse, FullFacetFilters, FullFacetResponse } from '../../answers/common.js';
import { OutputDatasetDto } from '../../answers/datasets.js';
import { text } from '../../http/answer.js';
import { accessTable } from '../../domain/access-table.js';
import { parseV4Filter, v4Fields, v4Limits } from '../../domain/v4-filter.js';
import { Admits } from '../../http/admits.decorator.js';
import { Area, Operation } from '../../http/operation.decorator.js';
import { listFrom } from '../../http/query-values.js';
import type { FacetAnswer } from '../../persistence/facets.js';
import type { DatasetRecord } from '../../persistence/records.js';
import { datasetRelations } from '../dataset-includes.js';
import { DatasetLists } from '../dataset-lists.js';
import { DatasetKeys } from '../dataset-keys.js';
import { DatasetQueries } from '../dataset-queries.js';
import { datasetProperties, datasetShape } from '../dataset-shape.js';

const rule = accessTable.dataset.public;
const published = { isPublished: true };

/** Published datasets, the same for every caller. */
@Admits(accessTable.dataset.public)
@Area('datasets public v4')
@Controller({ path: 'datasets/public', version: '4' })
export class DatasetsPublicController {
  constructor(
    private readonly queries: DatasetQueries,
    private readonly lists: DatasetLists,
    private readonly keys: DatasetKeys,
  ) {}

  @Operation('datasetsPublicV4ControllerFindAllPublicV4', { answer: [OutputDatasetDto] })
  @Get()
  async list(@Query('filter') filter: unknown): Promise<DatasetRecord[]> {
    const query = parseV4Filter(filter, datasetProperties, { relations: datasetRelations });
    return this.lists.list(undefined, query, rule);
  }

  @Operation('datasetsPublicV4ControllerFullfacetV4', {
    answer: [FullFacetResponse],
    objects: { filters: FullFacetFilters },
  })
  @Get('fullfacet')
  fullFacet(@Query('fields') fields: unknown, @Query('facets') facets: unknown): Promise<FacetAnswer> {
    return this.queries.facets(undefined, v4Fields(fields, datasetShape), facets, published);
  }

  @Operation('datasetsPublicV4ControllerPublicMetadataKeysV4', { answer: [text] })
  @Get('metadataKeys')
  metadataKeys(@Query('fields') fields: unknown, @Query('limits') limits: unknown): Promise<string[]> {
    const asked = { fields: v4Fields(fields, datasetShape), limits: v4Limits(limits) };
    return this.keys.of(undefined, asked, published);
  }

  @Operation('datasetsPublicV4ControllerFindOnePublicV4', { answer: OutputDatasetDto, mayBeEmpty: true })
  @Get('findOne')
  async findOne(@Query('filter') filter: unknown): Promise<DatasetRecord | undefined> {
    const query = parseV4Filter(filter, datasetProperties, { relations: datasetRelations });
    return (await this.lists.list(undefined, { ...query, limit: 1 }, rule))[0];
  }

  @Operation('datasetsPublicV4ControllerCountPublicV4', { answer: CountApiResponse })
  @Get('count')
  async count(@Query('filter') filter: unknown): Promise<{ count: number }> {
    const { where } = parseV4Filter(filter, datasetProperties, { only: ['where'] });
    return { count: await this.queries.count(undefined, where, rule) };
  }

  /** A dataset that is not public is answered like one that does not exist: empty. */
  @Operation('datasetsPublicV4ControllerFindByIdPublicV4', { answer: OutputDatasetDto, mayBeEmpty: true })
  @Get(':pid')
  async get(
    @Param('pid') pid: string,
    @Query('include') include: unknown,
  ): Promise<DatasetRecord | undefined> {
    const one = { where: { _id: pid }, projection: undefined, limit: 1, skip: 0, sort: undefined };
    return (await this.lists.list(undefined, { ...one, include: listFrom(include) }, rule))[0];
  }
}
