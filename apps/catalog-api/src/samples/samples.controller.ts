import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { CountApiResponse, FindByIdAccessResponse } from '../answers/common.js';
import { DatasetClass } from '../answers/datasets.js';
import { OutputSampleDto, SampleWithAttachmentsAndDatasets } from '../answers/records.js';
import { accessTable } from '../domain/access-table.js';
import { both, type Caller } from '../domain/access.js';
import { parseFields, parseLimits } from '../domain/field-query.js';
import { parseJsonObject } from '../domain/filter-parts.js';
import { parseCountFilter, parseRecordFilter } from '../domain/record-filter.js';
import { Admits, SignedIn } from '../http/admits.decorator.js';
import { CurrentCaller, SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { filterFrom } from '../http/query-values.js';
import { RequestPrecondition } from '../records/precondition.decorator.js';
import type { Precondition } from '../records/preconditions.js';
import { sampleShape, sampleAnswer, type SampleRecord } from './sample-record.js';
import { SampleQueries } from './sample-queries.js';
import { CreateSampleDto, PartialUpdateSampleDto } from './sample.dto.js';
import { SampleService } from './sample.service.js';

/** Anonymous callers get 401 where other resources answer 403. */
@Area('samples')
@Controller({ path: 'samples', version: '3' })
export class SamplesController {
  constructor(
    private readonly samples: SampleService,
    private readonly queries: SampleQueries,
  ) {}

  @Admits(accessTable.sample.create, { anonymous: 401 })
  @Post()
  @Operation('samplesControllerCreateV3', { answer: OutputSampleDto })
  async create(@SignedInCaller() caller: Caller, @Body() dto: CreateSampleDto): Promise<object> {
    return sampleAnswer(await this.samples.create(caller, dto));
  }

  @Admits(accessTable.sample.read)
  @Get()
  @Operation('samplesControllerFindAllV3', { answer: [OutputSampleDto] })
  list(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
  ): Promise<SampleRecord[]> {
    const query = parseRecordFilter(filterFrom(filter, undefined), sampleShape);
    return this.queries.list(this.queries.readable(caller, query.where), query);
  }

  @SignedIn({ anonymous: 401 })
  @Get('count')
  @Operation('samplesControllerCountV3', { answer: CountApiResponse })
  async count(
    @SignedInCaller() caller: Caller,
    @Query('fields') fields: unknown,
    @Query('filter') filter: unknown,
  ): Promise<{ count: number }> {
    const where = parseCountFilter(filterFrom(filter, undefined), sampleShape);
    const byFilter = this.queries.readable(caller, where);
    if (filterFrom(fields, undefined) === undefined) return { count: await this.queries.count(byFilter) };
    const byFields = this.queries.selection(caller, parseFields(fields, sampleShape));
    return {
      count: await this.queries.count({ where: both(byFields.where, where), visible: byFields.visible }),
    };
  }

  @SignedIn({ anonymous: 401 })
  @Get('fullquery')
  @Operation('samplesControllerFullqueryV3', { answer: [OutputSampleDto] })
  fullquery(
    @SignedInCaller() caller: Caller,
    @Query('fields') fields: unknown,
    @Query('limits') limits: unknown,
  ): Promise<SampleRecord[]> {
    const selection = this.queries.selection(caller, parseFields(fields, sampleShape));
    return this.queries.list(selection, parseLimits(limits, sampleShape));
  }

  @SignedIn({ anonymous: 401 })
  @Get('metadataKeys')
  @Operation('samplesControllerMetadataKeysV3')
  metadataKeys(@SignedInCaller() caller: Caller, @Query('fields') fields: unknown): Promise<string[]> {
    const { metadataKey, ...others } = parseJsonObject(filterFrom(fields, undefined), 'fields');
    const selection = this.queries.selection(caller, parseFields(JSON.stringify(others), sampleShape));
    return this.queries.paths(selection, typeof metadataKey === 'string' ? metadataKey : undefined);
  }

  @SignedIn({ anonymous: 401 })
  @Get('findOne')
  @Operation('samplesControllerFindOneV3', { answer: SampleWithAttachmentsAndDatasets, mayBeEmpty: true })
  findOne(@SignedInCaller() caller: Caller, @Query('filter') filter: unknown): Promise<object | undefined> {
    return this.queries.findOne(caller, parseRecordFilter(filterFrom(filter, undefined), sampleShape));
  }

  @Admits(accessTable.sample.read)
  @Get(':id')
  @Operation('samplesControllerFindByIdV3', { answer: OutputSampleDto })
  async get(@CurrentCaller() caller: Caller | undefined, @Param('id') id: string): Promise<SampleRecord> {
    return sampleAnswer(await this.samples.read(caller, id));
  }

  @Admits(accessTable.sample.read)
  @Get(':id/authorization')
  @Operation('samplesControllerFindByIdAccessV3', { answer: FindByIdAccessResponse })
  async authorization(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
  ): Promise<{ canAccess: boolean }> {
    return { canAccess: await this.samples.isReadable(caller, id) };
  }

  @Admits(accessTable.sample.create, { anonymous: 401 })
  @Get(':id/datasets')
  @Operation('samplesControllerFindAllDatasetsV3', { answer: [DatasetClass] })
  datasets(@SignedInCaller() caller: Caller, @Param('id') id: string): Promise<object[]> {
    return this.queries.datasetsOf(caller, id);
  }

  @Admits(accessTable.sample.update, { anonymous: 401 })
  @Patch(':id')
  @Operation('samplesControllerUpdateV3', { answer: OutputSampleDto })
  async patch(
    @SignedInCaller() caller: Caller,
    @Param('id') id: string,
    @Body() dto: PartialUpdateSampleDto,
    @RequestPrecondition() precondition: Precondition,
  ): Promise<object> {
    return sampleAnswer(await this.samples.change(caller, id, dto, precondition));
  }

  @Admits(accessTable.sample.delete)
  @Delete(':id')
  @Operation('samplesControllerRemoveV3')
  async remove(@SignedInCaller() caller: Caller, @Param('id') id: string): Promise<SampleRecord> {
    return sampleAnswer(await this.samples.remove(caller, id));
  }
}
