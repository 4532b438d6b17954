import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { accessTable } from '../domain/access-table.js';
import { AccessRules, type Caller } from '../domain/access.js';
import type { LoopbackQuery } from '../domain/loopback-filter.js';
import { parseCountFilter, parseRecordFilter } from '../domain/record-filter.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { filterFrom, gate, signedIn } from '../http/gates.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { validateBody } from '../http/validate-body.js';
import { RequestPrecondition } from '../records/precondition.decorator.js';
import type { Precondition } from '../records/preconditions.js';
import { RecordQueries } from '../records/record-queries.js';
import { CreateInstrumentDto, PartialUpdateInstrumentDto } from './instrument.dto.js';
import {
  InstrumentService,
  instrumentShape,
  instrumentView,
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

  @Post()
  @Operation('instrumentsControllerCreateV3', { body: CreateInstrumentDto, answer: 'Instrument' })
  async create(@CurrentCaller() caller: Caller | undefined, @Body() body: unknown): Promise<object> {
    gate(this.rules.admits(accessTable.instrument.write, caller));
    const dto = validateBody(CreateInstrumentDto, body);
    const instrument = await this.instruments.create(signedIn(caller), dto);
    return instrumentView(instrument);
  }

  @Get()
  @Operation('instrumentsControllerFindAllV3', { answer: ['Instrument'] })
  list(@CurrentCaller() caller: Caller | undefined, @Query('filter') filter: unknown): Promise<object[]> {
    return this.find(caller, parseRecordFilter(filterFrom(filter, undefined), instrumentShape));
  }

  @Get('count')
  @Operation('instrumentsControllerCountV3', { answer: 'CountApiResponse' })
  async count(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
  ): Promise<{ count: number }> {
    const where = parseCountFilter(filterFrom(filter, undefined), instrumentShape);
    return { count: await this.queries.count('Instrument', { where, visible: this.visible(caller) }) };
  }

  @Get('findOne')
  @Operation('instrumentsControllerFindOneV3', { answer: 'Instrument' })
  async findOne(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
  ): Promise<object | undefined> {
    const query = parseRecordFilter(filterFrom(filter, undefined), instrumentShape);
    return (await this.find(caller, { ...query, limit: 1 }))[0];
  }

  @Get(':id')
  @Operation('instrumentsControllerFindByIdV3', { answer: 'Instrument' })
  async get(@Param('id') id: string): Promise<object | undefined> {
    const instrument = await this.queries.find<InstrumentRecord>('Instrument', id);
    return instrument && instrumentView(instrument);
  }

  @Patch(':id')
  @Operation('instrumentsControllerUpdateV3', { body: PartialUpdateInstrumentDto, answer: 'Instrument' })
  async patch(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
    @Body() body: unknown,
    @RequestPrecondition() precondition: Precondition,
  ): Promise<object> {
    gate(this.rules.admits(accessTable.instrument.write, caller));
    const dto = validateBody(PartialUpdateInstrumentDto, body);
    const changed = await this.instruments.change(signedIn(caller), id, dto, precondition);
    return instrumentView(changed);
  }

  @Delete(':id')
  @Operation('instrumentsControllerRemoveV3', { answer: 'Instrument' })
  async remove(@CurrentCaller() caller: Caller | undefined, @Param('id') id: string): Promise<object> {
    gate(this.rules.admits(accessTable.instrument.delete, caller));
    return instrumentView(await this.instruments.remove(signedIn(caller), id));
  }

  private async find(caller: Caller | undefined, query: LoopbackQuery): Promise<object[]> {
    const selection = { where: query.where, visible: this.visible(caller) };
    return (await this.queries.list<InstrumentRecord>('Instrument', selection, query)).map(instrumentView);
  }

  private visible(caller: Caller | undefined) {
    return this.rules.condition(accessTable.instrument.read, caller);
  }
}
