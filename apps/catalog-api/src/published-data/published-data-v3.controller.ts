import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { FormPopulateData, ICount, PublishedDataObsoleteDto } from '../answers/published-data.js';
import { accessTable } from '../domain/access-table.js';
import { both, type Caller } from '../domain/access.js';
import { definite } from '../domain/definite.js';
import { Refusal } from '../domain/errors.js';
import { parseFilter } from '../domain/filter-parts.js';
import { parseCountFilter, parseRecordFilter } from '../domain/record-filter.js';
import { Admits, SignedIn } from '../http/admits.decorator.js';
import { CurrentCaller, SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { filterFrom, listFrom } from '../http/query-values.js';
import { PublicationLife } from './publication-life.service.js';
import { fromFlat, publishedDataShape, toFlat, type PublishedDataRecord } from './published-data-record.js';
import { flatReading, withStoredStates } from './published-data-fields-v3.js';
import { PublishedDataQueries } from './published-data-queries.js';
import {
  CreatePublishedDataDto,
  PartialUpdatePublishedDataDto,
  UpdatePublishedDataDto,
} from './published-data.dto.js';
import { PublishedDataService } from './published-data.service.js';

type Fields = Record<string, unknown>;

/** Publications in the flat form of older clients. */
@Area('published data')
@Controller({ path: 'publisheddata', version: '3' })
export class PublishedDataV3Controller {
  constructor(
    private readonly service: PublishedDataService,
    private readonly life: PublicationLife,
    private readonly queries: PublishedDataQueries,
  ) {}

  @SignedIn()
  @Operation('publishedDataControllerCreateV3', { answer: PublishedDataObsoleteDto })
  @Post()
  async create(@SignedInCaller() caller: Caller, @Body() body: CreatePublishedDataDto): Promise<Fields> {
    const dto = definite(body);
    return toFlat(await this.service.create(caller, { ...fromFlat(dto), doi: dto.doi }));
  }

  @Admits(accessTable.publishedData.read)
  @Operation('publishedDataControllerFindAllV3', { answer: [PublishedDataObsoleteDto] })
  @Get()
  async list(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
    @Headers('filter') header: unknown,
    @Query('fields') fields: unknown,
    @Query('limits') limits: unknown,
  ): Promise<Fields[]> {
    const text = filterFrom(filter, header);
    const { where: asked, ...query } = parseRecordFilter(text, publishedDataShape);
    const { projection, view } = flatReading(query.projection);
    const { where: searched, ...page } = this.queries.search(fields, limits);
    const own = parseFilter(text)['limits'] == null ? page : {};
    const where = both(withStoredStates(asked), searched);
    const records = await this.queries.list(caller, { ...query, ...own, where, projection });
    return records.map((record) => view(record));
  }

  @Admits(accessTable.publishedData.read)
  @Operation('publishedDataControllerCountV3', { answer: ICount })
  @Get('count')
  async count(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
    @Headers('filter') header: unknown,
    @Query('fields') fields: unknown,
  ): Promise<{ count: number }> {
    const where = withStoredStates(parseCountFilter(filterFrom(filter, header), publishedDataShape));
    return {
      count: await this.queries.count(caller, both(where, this.queries.search(fields, undefined).where)),
    };
  }

  @SignedIn()
  @Operation('publishedDataControllerFormPopulateV3', { answer: FormPopulateData })
  @Get('formpopulate')
  formPopulate(@SignedInCaller() caller: Caller, @Query('pid') pid: unknown): Promise<Fields> {
    return this.queries.formPopulate(caller, listFrom(pid));
  }

  @Admits(accessTable.publishedData.read)
  @Operation('publishedDataControllerFindOneV3', { answer: PublishedDataObsoleteDto })
  @Get(':id')
  async get(@CurrentCaller() caller: Caller | undefined, @Param('id') doi: string): Promise<Fields> {
    const record = await this.queries.look(caller, doi);
    if (record === undefined) throw new Refusal(404, `No PublishedData with the id '${doi}' exists`);
    return toFlat(record);
  }

  @SignedIn()
  @Operation('publishedDataControllerUpdateV3', { answer: PublishedDataObsoleteDto })
  @Patch(':id')
  async patch(
    @SignedInCaller() caller: Caller,
    @Param('id') doi: string,
    @Body() dto: PartialUpdatePublishedDataDto,
  ): Promise<Fields> {
    return toFlat(await this.change(caller, doi, dto));
  }

  @SignedIn()
  @Operation('publishedDataControllerRegisterV3', { mayBePending: true })
  @Post(':id/register')
  @HttpCode(200)
  async register(
    @SignedInCaller() caller: Caller,
    @Param('id') doi: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Fields> {
    const { record, pending } = await this.life.register(caller, doi);
    if (pending) void reply.status(202);
    return { doi: record.doi };
  }

  @SignedIn()
  @Operation('publishedDataControllerResyncV3', { body: UpdatePublishedDataDto })
  @Post(':id/resync')
  async resync(
    @SignedInCaller() caller: Caller,
    @Param('id') doi: string,
    @Body() dto: PartialUpdatePublishedDataDto,
  ): Promise<void> {
    await this.change(caller, doi, dto);
  }

  @Admits(accessTable.publishedData.delete)
  @Operation('publishedDataControllerRemoveV3', { answer: PublishedDataObsoleteDto })
  @Delete(':id')
  async remove(@SignedInCaller() caller: Caller, @Param('id') doi: string): Promise<Fields> {
    return toFlat(await this.service.remove(caller, doi));
  }

  /** What was not sent keeps its value, inside `metadata` too. */
  private change(
    caller: Caller,
    doi: string,
    sent: PartialUpdatePublishedDataDto,
  ): Promise<PublishedDataRecord> {
    const dto = definite(sent);
    return this.service.patch(caller, doi, (stored) => {
      const { status, ...fields } = fromFlat(dto, stored.metadata);
      const same = status === undefined || toFlat(stored)['status'] === dto.status;
      return same ? fields : { ...fields, status };
    });
  }
}
