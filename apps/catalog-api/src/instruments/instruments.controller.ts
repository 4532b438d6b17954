import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { CountApiResponse } from '../answers/common.js';
import { Instrument } from '../answers/records.js';
import { accessTable } from '../domain/access-table.js';
import { AccessRules, type Caller } from '../domain/access.js';
import type { LoopbackQuery } from '../domain/loopback-filter.js';
import { parseCountFilter, parseRecordFilter } from '../domain/record-filter.js';
import { Admits } from '../http/admits.decorator.js';
import { CurrentCaller, SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { filterFrom } from '../http/query-values.js';
import { RequestPrecondition } from '../records/precondition.decorator.js';
import type { Precondition } from '../records/preconditions.js';
import { RecordQueries } from '../records/record-queries.js';
import { CreateInstrumentDto, PartialUpdateInstrumentDto } from './instrument.dto.js';
import {
  InstrumentService,
  instrumentShape,
  instrumentAnswer,
  type InstrumentRecord,
} from './instrument.service.js';

@Area('instruments')
@Controller({ path: 'instruments', version: '3' })
export class InstrumentsController {
  constructor(
    private readonly instruments: InstrumentService,
    private readonly queries: RecordQueries,
    private readonly rules: AccessRules,
  ) {}

  @Admits(accessTable.instrument.write)
  @Post()
  @Operation('instrumentsControllerCreateV3', { answer: Instrument })
  async create(@SignedInCaller() caller: Caller, @Body() dto: CreateInstrumentDto): Promise<object> {
    const instrument = await this.instruments.create(caller, dto);
    return instrumentAnswer(instrument);
  }

  @Admits(accessTable.instrument.read)
  @Get()
  @Operation('instrumentsControllerFindAllV3', { answer: [Instrument] })
  list(@CurrentCaller() caller: Caller | undefined, @Query('filter') filter: unknown): Promise<object[]> {
    return this.find(caller, parseRecordFilter(filterFrom(filter, undefined), instrumentShape));
  }

  @Admits(accessTable.instrument.read)
  @Get('count')
  @Operation('instrumentsControllerCountV3', { answer: CountApiResponse })
  async count(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
  ): Promise<{ count: number }> {
    const where = parseCountFilter(filterFrom(filter, undefined), instrumentShape);
    return { count: await this.queries.count('Instrument', { where, visible: this.visible(caller) }) };
  }

  @Admits(accessTable.instrument.read)
  @Get('findOne')
  @Operation('instrumentsControllerFindOneV3', { answer: Instrument, mayBeEmpty: true })
  async findOne(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
  ): Promise<object | undefined> {
    const query = parseRecordFilter(filterFrom(filter, undefined), instrumentShape);
    return (await this.find(caller, { ...query, limit: 1 }))[0];
  }

  @Admits(accessTable.instrument.read)
  @Get(':id')
  @Operation('instrumentsControllerFindByIdV3', { answer: Instrument, mayBeEmpty: true })
  async get(@Param('id') id: string): Promise<object | undefined> {
    const instrument = await this.queries.find<InstrumentRecord>('Instrument', id);
    return instrument && instrumentAnswer(instrument);
  }

  @Admits(accessTable.instrument.write)
  @Patch(':id')
  @Operation('instrumentsControllerUpdateV3', { answer: Instrument })
  async patch(
    @SignedInCaller() caller: Caller,
    @Param('id') id: string,
    @Body() dto: PartialUpdateInstrumentDto,
    @RequestPrecondition() precondition: Precondition,
  ): Promise<object> {
    const changed = await this.instruments.change(caller, id, dto, precondition);
    return instrumentAnswer(changed);
  }

  @Admits(accessTable.instrument.delete)
  @Delete(':id')
  @Operation('instrumentsControllerRemoveV3', { answer: Instrument })
  async remove(@SignedInCaller() caller: Caller, @Param('id') id: string): Promise<object> {
    return instrumentAnswer(await this.instruments.remove(caller, id));
  }

  private async find(caller: Caller | undefined, query: LoopbackQuery): Promise<object[]> {
    const selection = { where: query.where, visible: this.visible(caller) };
    return (await this.queries.list<InstrumentRecord>('Instrument', selection, query)).map(instrumentAnswer);
  }

  private visible(caller: Caller | undefined) {
    return this.rules.condition(accessTable.instrument.read, caller);
  }
}
