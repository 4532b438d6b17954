import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { accessTable } from '../domain/access-table.js';
import { AccessRules, type Caller, both } from '../domain/access.js';
import { definite } from '../domain/definite.js';
import { Refusal } from '../domain/errors.js';
import { v4Fields, v4Limits } from '../domain/v4-filter.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { gate, signedIn } from '../http/gates.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { listFrom } from '../http/query-values.js';
import { validateBody } from '../http/validate-body.js';
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
    private readonly rules: AccessRules,
  ) {}

  @Operation('publishedDataV4ControllerGetConfigV4', { answer: 'PublishedDataConfigDto' })
  @Get('config')
  config(): PublicationSchemas {
    return this.settings.schemas;
  }

  @Operation('publishedDataV4ControllerCreateV4', { body: CreatePublishedDataV4Dto, answer: 'PublishedData' })
  @Post()
  async create(@CurrentCaller() caller: Caller | undefined, @Body() body: unknown): Promise<Fields> {
    gate(caller !== undefined);
    const fields = { ...validateBody(CreatePublishedDataV4Dto, body) };
    return withId(await this.service.create(signedIn(caller), fields));
  }

  @Operation('publishedDataV4ControllerFindAllV4', { answer: ['PublishedData'] })
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

  @Operation('publishedDataV4ControllerCountV4', { answer: 'ICount' })
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

  @Operation('publishedDataV4ControllerFormPopulateV4', { answer: 'FormPopulateData' })
  @Get('formpopulate')
  formPopulate(@CurrentCaller() caller: Caller | undefined, @Query('pid') pid: unknown): Promise<Fields> {
    gate(caller !== undefined);
    return this.queries.formPopulate(signedIn(caller), listFrom(pid));
  }

  @Operation('publishedDataV4ControllerFindOneV4', { answer: 'PublishedData' })
  @Get(':id')
  async get(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') doi: string,
  ): Promise<PublishedDataRecord> {
    const record = await this.queries.look(caller, doi, accessTable.publishedData.readOne);
    if (record === undefined) throw new Refusal(404, `Published data with doi ${doi} not found.`);
    return withId(record);
  }

  @Operation('publishedDataV4ControllerUpdateV4', {
    body: PartialUpdatePublishedDataV4Dto,
    answer: 'PublishedData',
  })
  @Patch(':id')
  async patch(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') doi: string,
    @Body() body: unknown,
  ): Promise<Fields> {
    const user = signedIn(caller);
    const fields = definite(validateBody(PartialUpdatePublishedDataV4Dto, body));
    return withId(await this.service.patch(user, doi, () => fields));
  }

  @Operation('publishedDataV4ControllerPublishV4', { answer: 'PublishedData' })
  @Post(':id/publish')
  async publish(@CurrentCaller() caller: Caller | undefined, @Param('id') doi: string): Promise<Fields> {
    return withId(await this.life.publish(signedIn(caller), doi));
  }

  @Operation('publishedDataV4ControllerRegisterV4', { answer: 'PublishedData' })
  @Post(':id/register')
  async register(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') doi: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Fields> {
    const { record, pending } = await this.life.register(signedIn(caller), doi);
    if (pending) void reply.status(202);
    return withId(record);
  }

  @Operation('publishedDataV4ControllerAmendV4', { answer: 'PublishedData' })
  @Post(':id/amend')
  async amend(@CurrentCaller() caller: Caller | undefined, @Param('id') doi: string): Promise<Fields> {
    return withId(await this.life.amend(signedIn(caller), doi));
  }

  /** The edit page of the web frontend saves through this. */
  @Operation('publishedDataV4ControllerResyncV4', { body: PartialUpdatePublishedDataV4Dto })
  @Post(':id/resync')
  @HttpCode(201)
  async resync(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') doi: string,
    @Body() body: unknown,
  ): Promise<void> {
    const user = signedIn(caller);
    const fields = definite(validateBody(PartialUpdatePublishedDataV4Dto, body));
    await this.service.patch(user, doi, () => fields);
  }

  @Operation('publishedDataV4ControllerRemoveV4', { answer: 'PublishedData' })
  @Delete(':id')
  async remove(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') doi: string,
  ): Promise<PublishedDataRecord> {
    const user = signedIn(caller);
    gate(this.rules.mayDelete(user));
    return withId(await this.service.remove(user, doi));
  }
}
