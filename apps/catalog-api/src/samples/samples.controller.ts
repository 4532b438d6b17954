import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { accessTable } from '../domain/access-table.js';
import { AccessRules, both, type Caller } from '../domain/access.js';
import { parseFields, parseLimits } from '../domain/field-query.js';
import { parseJsonObject } from '../domain/filter-parts.js';
import { parseCountFilter, parseRecordFilter } from '../domain/record-filter.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { filterFrom, gate, signedIn } from '../http/gates.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { validateBody } from '../http/validate-body.js';
import { RequestPrecondition } from '../records/precondition.decorator.js';
import type { Precondition } from '../records/preconditions.js';
import { sampleShape, sampleView, type SampleRecord } from './sample-record.js';
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
    private readonly rules: AccessRules,
  ) {}

  @Post()
  @Operation('samplesControllerCreateV3', { body: CreateSampleDto, answer: 'OutputSampleDto' })
  async create(@CurrentCaller() caller: Caller | undefined, @Body() body: unknown): Promise<object> {
    const user = signedIn(caller);
    gate(this.rules.admits(accessTable.sample.create, user));
    return sampleView(await this.samples.create(user, validateBody(CreateSampleDto, body)));
  }

  @Get()
  @Operation('samplesControllerFindAllV3', { answer: ['OutputSampleDto'] })
  list(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
  ): Promise<SampleRecord[]> {
    const query = parseRecordFilter(filterFrom(filter, undefined), sampleShape);
    return this.queries.list(this.queries.readable(caller, query.where), query);
  }

  @Get('count')
  @Operation('samplesControllerCountV3', { answer: 'CountApiResponse' })
  async count(
    @CurrentCaller() caller: Caller | undefined,
    @Query('fields') fields: unknown,
    @Query('filter') filter: unknown,
  ): Promise<{ count: number }> {
    const user = signedIn(caller);
    const where = parseCountFilter(filterFrom(filter, undefined), sampleShape);
    const byFilter = this.queries.readable(user, where);
    if (filterFrom(fields, undefined) === undefined) return { count: await this.queries.count(byFilter) };
    const byFields = this.queries.selection(user, parseFields(fields, sampleShape));
    return {
      count: await this.queries.count({ where: both(byFields.where, where), visible: byFields.visible }),
    };
  }

  @Get('fullquery')
  @Operation('samplesControllerFullqueryV3', { answer: ['OutputSampleDto'] })
  fullquery(
    @CurrentCaller() caller: Caller | undefined,
    @Query('fields') fields: unknown,
    @Query('limits') limits: unknown,
  ): Promise<SampleRecord[]> {
    const selection = this.queries.selection(signedIn(caller), parseFields(fields, sampleShape));
    return this.queries.list(selection, parseLimits(limits, sampleShape));
  }

  @Get('metadataKeys')
  @Operation('samplesControllerMetadataKeysV3')
  metadataKeys(
    @CurrentCaller() caller: Caller | undefined,
    @Query('fields') fields: unknown,
  ): Promise<string[]> {
    const user = signedIn(caller);
    const { metadataKey, ...others } = parseJsonObject(filterFrom(fields, undefined), 'fields');
    const selection = this.queries.selection(user, parseFields(JSON.stringify(others), sampleShape));
    return this.queries.paths(selection, typeof metadataKey === 'string' ? metadataKey : undefined);
  }

  @Get('findOne')
  @Operation('samplesControllerFindOneV3', { answer: 'SampleWithAttachmentsAndDatasets' })
  findOne(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
  ): Promise<object | undefined> {
    const user = signedIn(caller);
    return this.queries.findOne(user, parseRecordFilter(filterFrom(filter, undefined), sampleShape));
  }

  @Get(':id')
  @Operation('samplesControllerFindByIdV3', { answer: 'OutputSampleDto' })
  async get(@CurrentCaller() caller: Caller | undefined, @Param('id') id: string): Promise<SampleRecord> {
    return sampleView(await this.samples.read(caller, id));
  }

  @Get(':id/authorization')
  @Operation('samplesControllerFindByIdAccessV3', { answer: 'FindByIdAccessResponse' })
  async authorization(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
  ): Promise<{ canAccess: boolean }> {
    return { canAccess: await this.samples.isReadable(caller, id) };
  }

  @Get(':id/datasets')
  @Operation('samplesControllerFindAllDatasetsV3', { answer: ['DatasetClass'] })
  datasets(@CurrentCaller() caller: Caller | undefined, @Param('id') id: string): Promise<object[]> {
    const user = signedIn(caller);
    gate(this.rules.admits(accessTable.sample.create, user));
    return this.queries.datasetsOf(user, id);
  }

  @Patch(':id')
  @Operation('samplesControllerUpdateV3', { body: PartialUpdateSampleDto, answer: 'OutputSampleDto' })
  async patch(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
    @Body() body: unknown,
    @RequestPrecondition() precondition: Precondition,
  ): Promise<object> {
    const user = signedIn(caller);
    gate(this.rules.admits(accessTable.sample.update, user));
    const dto = validateBody(PartialUpdateSampleDto, body);
    return sampleView(await this.samples.change(user, id, dto, precondition));
  }

  @Delete(':id')
  @Operation('samplesControllerRemoveV3')
  async remove(@CurrentCaller() caller: Caller | undefined, @Param('id') id: string): Promise<SampleRecord> {
    gate(this.rules.admits(accessTable.sample.delete, caller));
    return sampleView(await this.samples.remove(signedIn(caller), id));
  }
}
