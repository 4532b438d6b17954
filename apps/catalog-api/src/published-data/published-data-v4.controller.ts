import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Open } from '#service-host';
import {
  FormPopulateData,
  ICount,
  PublishedData,
  PublishedDataConfigDto,
} from '../answers/published-data.js';
import { accessTable } from '../domain/access-table.js';
import { type Caller, both } from '../domain/access.js';
import { definite } from '../domain/definite.js';
import { Refusal } from '../domain/errors.js';
import { v4Fields, v4Limits } from '../domain/v4-filter.js';
import { Admits, SignedIn } from '../http/admits.decorator.js';
import { CurrentCaller, SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { listFrom } from '../http/query-values.js';
import { withId } from '../records/with-id.js';
import { PublicationLife } from './publication-life.service.js';
import { v4PublicationFilter } from './published-data-filter.js';
import { PublicationSettings, type PublicationSchemas } from './publication-settings.js';
import { publishedDataShape, type PublishedDataRecord } from './published-data-record.js';
import { PublishedDataQueries } from './published-data-queries.js';
import { CreatePublishedDataV4Dto, PartialUpdatePublishedDataV4Dto } from './published-data.dto.js';
import { PublishedDataService } from './published-data.service.js';

type Fields = Record<string, unknown>;

@Area('published data v4')
@Controller({ path: 'publisheddata', version: '4' })
export class PublishedDataV4Controller {
  constructor(
    private readonly service: PublishedDataService,
    private readonly life: PublicationLife,
    private readonly queries: PublishedDataQueries,
    private readonly settings: PublicationSettings,
  ) {}

  @Open('forms need the schema before anybody signs in')
  @Operation('publishedDataV4ControllerGetConfigV4', { answer: PublishedDataConfigDto })
  @Get('config')
  config(): PublicationSchemas {
    return this.settings.schemas;
  }

  @SignedIn()
  @Operation('publishedDataV4ControllerCreateV4', { answer: PublishedData })
  @Post()
  async create(@SignedInCaller() caller: Caller, @Body() dto: CreatePublishedDataV4Dto): Promise<Fields> {
    const fields = { ...dto };
    return withId(await this.service.create(caller, fields));
  }

  @Admits(accessTable.publishedData.read)
  @Operation('publishedDataV4ControllerFindAllV4', { answer: [PublishedData] })
  @Get()
  async list(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
    @Query('fields') fields: unknown,
    @Query('limits') limits: unknown,
  ): Promise<PublishedDataRecord[]> {
    const searched = this.queries.search(v4Fields(fields, publishedDataShape), v4Limits(limits));
    const { where, ...query } = v4PublicationFilter(filter, searched);
    const found = await this.queries.list(caller, { ...query, where: both(where, searched.where) });
    return found.map(withId);
  }

  @Admits(accessTable.publishedData.read)
  @Operation('publishedDataV4ControllerCountV4', { answer: ICount })
  @Get('count')
  async count(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
    @Query('fields') fields: unknown,
  ): Promise<{ count: number }> {
    const searched = this.queries.search(v4Fields(fields, publishedDataShape), undefined);
    const { where } = v4PublicationFilter(filter, searched);
    return { count: await this.queries.count(caller, both(where, searched.where)) };
  }

  @SignedIn()
  @Operation('publishedDataV4ControllerFormPopulateV4', { answer: FormPopulateData })
  @Get('formpopulate')
  formPopulate(@SignedInCaller() caller: Caller, @Query('pid') pid: unknown): Promise<Fields> {
    return this.queries.formPopulate(caller, listFrom(pid));
  }

  @Admits(accessTable.publishedData.readOne)
  @Operation('publishedDataV4ControllerFindOneV4', { answer: PublishedData })
  @Get(':id')
  async get(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') doi: string,
  ): Promise<PublishedDataRecord> {
    const record = await this.queries.look(caller, doi, accessTable.publishedData.readOne);
    if (record === undefined) throw new Refusal(404, `Published data with doi ${doi} not found.`);
    return withId(record);
  }

  @SignedIn({ anonymous: 401 })
  @Operation('publishedDataV4ControllerUpdateV4', { answer: PublishedData })
  @Patch(':id')
  async patch(
    @SignedInCaller() caller: Caller,
    @Param('id') doi: string,
    @Body() dto: PartialUpdatePublishedDataV4Dto,
  ): Promise<Fields> {
    const fields = definite(dto);
    return withId(await this.service.patch(caller, doi, () => fields));
  }

  @SignedIn({ anonymous: 401 })
  @Operation('publishedDataV4ControllerPublishV4', { answer: PublishedData })
  @Post(':id/publish')
  async publish(@SignedInCaller() caller: Caller, @Param('id') doi: string): Promise<Fields> {
    return withId(await this.life.publish(caller, doi));
  }

  @SignedIn({ anonymous: 401 })
  @Operation('publishedDataV4ControllerRegisterV4', { answer: PublishedData, mayBePending: true })
  @Post(':id/register')
  async register(
    @SignedInCaller() caller: Caller,
    @Param('id') doi: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Fields> {
    const { record, pending } = await this.life.register(caller, doi);
    if (pending) void reply.status(202);
    return withId(record);
  }

  @SignedIn({ anonymous: 401 })
  @Operation('publishedDataV4ControllerAmendV4', { answer: PublishedData })
  @Post(':id/amend')
  async amend(@SignedInCaller() caller: Caller, @Param('id') doi: string): Promise<Fields> {
    return withId(await this.life.amend(caller, doi));
  }

  /** The edit page of the web frontend saves through this. */
  @SignedIn({ anonymous: 401 })
  @Operation('publishedDataV4ControllerResyncV4')
  @Post(':id/resync')
  @HttpCode(201)
  async resync(
    @SignedInCaller() caller: Caller,
    @Param('id') doi: string,
    @Body() dto: PartialUpdatePublishedDataV4Dto,
  ): Promise<void> {
    const fields = definite(dto);
    await this.service.patch(caller, doi, () => fields);
  }

  @Admits(accessTable.publishedData.delete, { anonymous: 401 })
  @Operation('publishedDataV4ControllerRemoveV4', { answer: PublishedData })
  @Delete(':id')
  async remove(@SignedInCaller() caller: Caller, @Param('id') doi: string): Promise<PublishedDataRecord> {
    return withId(await this.service.remove(caller, doi));
  }
}
