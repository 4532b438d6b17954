import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  CountApiResponse,
  FindByIdAccessResponse,
  FullFacetResponse,
  IsValidResponse,
} from '../answers/common.js';
import { DatasetClass } from '../answers/datasets.js';
import { ProposalClass, ProposalCountFilters } from '../answers/records.js';
import { accessTable } from '../domain/access-table.js';
import { AccessRules, both, type Caller } from '../domain/access.js';
import { parseFacets, parseFields, parseLimits, type FieldQuery } from '../domain/field-query.js';
import { parseCountFilter, parseRecordFilter } from '../domain/record-filter.js';
import { v3View } from '../datasets/dataset-answers.js';
import { Admits, SignedIn } from '../http/admits.decorator.js';
import { CurrentCaller, SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { filterFrom } from '../http/query-values.js';
import { faultsOf } from '../http/validate-body.js';
import type { FacetAnswer } from '../persistence/facets.js';
import type { DatasetRecord } from '../persistence/records.js';
import { RequestPrecondition } from '../records/precondition.decorator.js';
import type { Precondition } from '../records/preconditions.js';
import { RecordQueries, type Page, type Selection } from '../records/record-queries.js';
import {
  partialProposalAnswer,
  proposalShape,
  proposalAnswer,
  type ProposalRecord,
} from './proposal-record.js';
import { CreateProposalDto, PartialUpdateProposalDto, ProposalToCheckDto } from './proposal.dto.js';
import { ProposalService } from './proposal.service.js';

@Area('proposals')
@Controller({ path: 'proposals', version: '3' })
export class ProposalsController {
  constructor(
    private readonly proposals: ProposalService,
    private readonly queries: RecordQueries,
    private readonly rules: AccessRules,
  ) {}

  @Admits(accessTable.proposal.create)
  @Post()
  @Operation('proposalsControllerCreateV3', { answer: ProposalClass })
  async create(@SignedInCaller() caller: Caller, @Body() dto: CreateProposalDto): Promise<object> {
    return proposalAnswer(await this.proposals.create(caller, dto));
  }

  @Admits(accessTable.proposal.create)
  @Post('isValid')
  @HttpCode(200)
  @Operation('proposalsControllerIsValidV3', { body: CreateProposalDto, answer: IsValidResponse })
  isValid(@Body() body: unknown): { valid: boolean } {
    return { valid: faultsOf(ProposalToCheckDto, body).length === 0 };
  }

  @Admits(accessTable.proposal.query)
  @Get()
  @Operation('proposalsControllerFindAllV3', { answer: [ProposalClass] })
  list(@CurrentCaller() caller: Caller | undefined, @Query('filters') filters: unknown): Promise<object[]> {
    const query = parseRecordFilter(filterFrom(filters, undefined), proposalShape);
    return this.find({ where: query.where, visible: this.visible(caller) }, query);
  }

  /** The web frontend sends `fields` and `filter`, the published SDK the two inside `filters`. */
  @Admits(accessTable.proposal.query)
  @Get('count')
  @Operation('proposalsControllerCountV3', {
    answer: CountApiResponse,
    objects: { filters: ProposalCountFilters },
  })
  async count(
    @CurrentCaller() caller: Caller | undefined,
    @Query('fields') fields: unknown,
    @Query('filter') filter: unknown,
    @Query('filters') filters: unknown,
  ): Promise<{ count: number }> {
    const text = filterFrom(filters, undefined) ?? filterFrom(filter, undefined);
    const byFilter = parseCountFilter(text, proposalShape);
    const byFields = parseFields(fields, proposalShape);
    const { where, visible } = this.selection(caller, byFields);
    return { count: await this.queries.count('Proposal', { where: both(byFilter, where), visible }) };
  }

  @Admits(accessTable.proposal.query)
  @Get('fullquery')
  @Operation('proposalsControllerFullqueryV3', { answer: [ProposalClass] })
  fullquery(
    @CurrentCaller() caller: Caller | undefined,
    @Query('fields') fields: unknown,
    @Query('limits') limits: unknown,
  ): Promise<object[]> {
    const selection = this.selection(caller, parseFields(fields, proposalShape));
    return this.find(selection, parseLimits(limits, proposalShape));
  }

  @Admits(accessTable.proposal.query)
  @Get('fullfacet')
  @Operation('proposalsControllerFullfacetV3', { answer: [FullFacetResponse] })
  fullfacet(
    @CurrentCaller() caller: Caller | undefined,
    @Query('fields') fields: unknown,
    @Query('facets') facets: unknown,
  ): Promise<FacetAnswer> {
    const selection = this.selection(caller, parseFields(fields, proposalShape));
    return this.queries.facets('Proposal', selection, parseFacets(facets, proposalShape), proposalShape);
  }

  @Admits(accessTable.proposal.read)
  @Get(':pid')
  @Operation('proposalsControllerFindByIdV3', { answer: ProposalClass })
  async get(@CurrentCaller() caller: Caller | undefined, @Param('pid') id: string): Promise<object> {
    return proposalAnswer(await this.proposals.read(caller, id));
  }

  @Admits(accessTable.proposal.read)
  @Get(':pid/authorization')
  @Operation('proposalsControllerFindByIdAccessV3', { answer: FindByIdAccessResponse })
  async authorization(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') id: string,
  ): Promise<{ canAccess: boolean }> {
    return { canAccess: await this.proposals.isReadable(caller, id) };
  }

  @SignedIn()
  @Get(':pid/datasets')
  @Operation('proposalsControllerFindAllDatasetsV3', { answer: [DatasetClass] })
  async datasets(@SignedInCaller() caller: Caller, @Param('pid') id: string): Promise<object[]> {
    const visible = this.rules.condition(accessTable.dataset.read, caller);
    const datasets = await this.queries.list<DatasetRecord>(
      'Dataset',
      { where: { proposalIds: id }, visible },
      { limit: 100, sort: { createdAt: -1 } },
    );
    return datasets.map((dataset) => v3View(dataset));
  }

  @Admits(accessTable.proposal.update)
  @Patch(':pid')
  @Operation('proposalsControllerUpdateV3', { answer: ProposalClass })
  async patch(
    @SignedInCaller() caller: Caller,
    @Param('pid') id: string,
    @Body() dto: PartialUpdateProposalDto,
    @RequestPrecondition() precondition: Precondition,
  ): Promise<object> {
    return proposalAnswer(await this.proposals.change(caller, id, dto, precondition));
  }

  @Admits(accessTable.proposal.delete)
  @Delete(':pid')
  @Operation('proposalsControllerRemoveV3')
  async remove(@SignedInCaller() caller: Caller, @Param('pid') id: string): Promise<object> {
    return proposalAnswer(await this.proposals.remove(caller, id));
  }

  private async find(selection: Selection, page: Page): Promise<object[]> {
    const view = page.projection === undefined ? proposalAnswer : partialProposalAnswer;
    return (await this.queries.list<ProposalRecord>('Proposal', selection, page)).map(view);
  }

  private selection(caller: Caller | undefined, { where, wantsPublished }: FieldQuery): Selection {
    return { where, visible: this.visible(caller, wantsPublished) };
  }

  /** Lists leave out published proposals of others, unless they are asked for. */
  private visible(caller: Caller | undefined, wantsPublished = false) {
    const { read, query } = accessTable.proposal;
    return this.rules.condition(wantsPublished ? read : query, caller);
  }
}
