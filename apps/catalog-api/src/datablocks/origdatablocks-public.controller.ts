import { Controller, Get, Param, Query } from '@nestjs/common';
import { OutputOrigDatablockDto, OutputOrigDatablockFileDto } from '../answers/blocks.js';
import { CountApiResponse, FullFacetFilters, FullFacetResponse } from '../answers/common.js';
import { accessTable } from '../domain/access-table.js';
import { v4Fields } from '../domain/v4-filter.js';
import { Admits } from '../http/admits.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { listFrom } from '../http/query-values.js';
import type { FacetAnswer } from '../persistence/facets.js';
import { blockShape } from './block-kind.js';
import { BlockQueries } from './block-queries.js';
import { OrigDatablockV4Reads } from './origdatablock-v4-reads.js';

const rules = {
  caller: undefined,
  block: accessTable.origDatablock.public,
  dataset: accessTable.dataset.public,
};

/** File lists of published datasets, the same for everyone. */
@Admits(accessTable.origDatablock.public)
@Area('origdatablocks public v4')
@Controller({ path: 'origdatablocks/public', version: '4' })
export class OrigDatablocksPublicController {
  constructor(
    private readonly queries: BlockQueries,
    private readonly reads: OrigDatablockV4Reads,
  ) {}

  @Operation('origDatablocksPublicV4ControllerFindAllPublicV4', { answer: [OutputOrigDatablockDto] })
  @Get()
  list(@Query('filter') filter: unknown): Promise<object[]> {
    return this.reads.list(rules, filter);
  }

  @Operation('origDatablocksPublicV4ControllerFindAllFilesPublicV4', { answer: [OutputOrigDatablockFileDto] })
  @Get('files')
  files(@Query('filter') filter: unknown): Promise<object[]> {
    return this.reads.files(rules, filter);
  }

  @Operation('origDatablocksPublicV4ControllerCountFilesPublicV4', { answer: CountApiResponse })
  @Get('files/count')
  countFiles(@Query('filter') filter: unknown): Promise<{ count: number }> {
    return this.reads.countFiles(rules, filter);
  }

  @Operation('origDatablocksPublicV4ControllerFullfacetV4', {
    answer: [FullFacetResponse],
    objects: { filters: FullFacetFilters },
  })
  @Get('fullfacet')
  fullFacet(@Query('fields') fields: unknown, @Query('facets') facets: unknown): Promise<FacetAnswer> {
    return this.queries.facets(undefined, v4Fields(fields, blockShape), facets, rules.block);
  }

  @Operation('origDatablocksPublicV4ControllerFullfacetFilesV4', { objects: { filters: FullFacetFilters } })
  @Get('fullfacet/files')
  fileFacets(@Query('fields') fields: unknown): Promise<FacetAnswer> {
    return this.queries.fileFacets(undefined, v4Fields(fields, blockShape), rules.block);
  }

  @Operation('origDatablocksPublicV4ControllerFindByIdPublicV4', {
    answer: OutputOrigDatablockDto,
    mayBeEmpty: true,
  })
  @Get(':id')
  get(@Param('id') id: string, @Query('include') include: unknown): Promise<object | undefined> {
    return this.reads.one(rules, id, listFrom(include));
  }
}
