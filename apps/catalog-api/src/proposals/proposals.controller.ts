import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { accessTable } from '../domain/access-table.js';
import { AccessRules, both, type Caller } from '../domain/access.js';
import { parseFacets, parseFields, parseLimits, type FieldQuery } from '../domain/field-query.js';
import { parseCountFilter, parseRecordFilter } from '../domain/record-filter.js';
import { v3View } from '../datasets/dataset-views.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { filterFrom, gate, signedIn } from '../http/gates.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { faultsOf, validateBody } from '../http/validate-body.js';
import type { FacetAnswer } from '../persistence/facets.js';
import type { DatasetRecord } from '../persistence/records.js';
import { RequestPrecondition } from '../records/precondition.decorator.js';
import type { Precondition } from '../records/preconditions.js';
import { RecordQueries, type Page, type Selection } from '../records/record-queries.js';
import { partialProposalView, proposalShape, proposalView, type ProposalRecord } from './proposal-record.js';
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

  @Post()
  @Operation('proposalsControllerCreateV3', { body: CreateProposalDto, answer: 'ProposalClass' })
  async create(@CurrentCaller() caller: Caller | undefined, @Body() body: unknown): Promise<object> {
    gate(this.rules.admits(accessTable.proposal.create, caller));
    const dto = validateBody(CreateProposalDto, body);
    return proposalView(await this.proposals.create(signedIn(caller), dto));
  }

  @Post('isValid')
  @HttpCode(200)
  @Operation('proposalsControllerIsValidV3', { body: CreateProposalDto, answer: 'IsValidResponse' })
  isValid(@CurrentCaller() caller: Caller | undefined, @Body() body: unknown): { valid: boolean } {
    gate(this.rules.admits(accessTable.proposal.create, caller));
    return { valid: faultsOf(ProposalToCheckDto, body).length === 0 };
  }

  @Get()
  @Operation('proposalsControllerFindAllV3', { answer: ['ProposalClass'] })
  list(@CurrentCaller() caller: Caller | undefined, @Query('filters') filters: unknown): Promise<object[]> {
    const query = parseRecordFilter(filterFrom(filters, undefined), proposalShape);
    return this.find({ where: query.where, visible: this.visible(caller) }, query);
  }

  /** The web frontend sends `fields` and `filter`, the published SDK the two inside `filters`. */
  @Get('count')
  @Operation('proposalsControllerCountV3', {
    answer: 'CountApiResponse',
    objects: { filters: 'ProposalCountFilters' },
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

  @Get('fullquery')
  @Operation('proposalsControllerFullqueryV3', { answer: ['ProposalClass'] })
  fullquery(
    @CurrentCaller() caller: Caller | undefined,
    @Query('fields') fields: unknown,
    @Query('limits') limits: unknown,
  ): Promise<object[]> {
    const selection = this.selection(caller, parseFields(fields, proposalShape));
    return this.find(selection, parseLimits(limits, proposalShape));
  }

  @Get('fullfacet')
  @Operation('proposalsControllerFullfacetV3', { answer: ['FullFacetResponse'] })
  fullfacet(
    @CurrentCaller() caller: Caller | undefined,
    @Query('fields') fields: unknown,
    @Query('facets') facets: unknown,
  ): Promise<FacetAnswer> {
    const selection = this.selection(caller, parseFields(fields, proposalShape));
    return this.queries.facets('Proposal', selection, parseFacets(facets, proposalShape), proposalShape);
  }

  @Get(':pid')
  @Operation('proposalsControllerFindByIdV3', { answer: 'ProposalClass' })
  async get(@CurrentCaller() caller: Caller | undefined, @Param('pid') id: string): Promise<object> {
    return proposalView(await this.proposals.read(caller, id));
  }

  @Get(':pid/authorization')
  @Operation('proposalsControllerFindByIdAccessV3', { answer: 'FindByIdAccessResponse' })
  async authorization(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') id: string,
  ): Promise<{ canAccess: boolean }> {
    return { canAccess: await this.proposals.isReadable(caller, id) };
  }

  @Get(':pid/datasets')
  @Operation('proposalsControllerFindAllDatasetsV3', { answer: ['DatasetClass'] })
  async datasets(@CurrentCaller() caller: Caller | undefined, @Param('pid') id: string): Promise<object[]> {
    gate(caller !== undefined);
    const visible = this.rules.condition(accessTable.dataset.read, caller);
    const datasets = await this.queries.list<DatasetRecord>(
      'Dataset',
      { where: { proposalIds: id }, visible },
      { limit: 100, sort: { createdAt: -1 } },
    );
    return datasets.map((dataset) => v3View(dataset));
  }

  @Patch(':pid')
  @Operation('proposalsControllerUpdateV3', { body: PartialUpdateProposalDto, answer: 'ProposalClass' })
  async patch(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') id: string,
    @Body() body: unknown,
    @RequestPrecondition() precondition: Precondition,
  ): Promise<object> {
    gate(this.rules.admits(accessTable.proposal.update, caller));
    const dto = validateBody(PartialUpdateProposalDto, body);
    return proposalView(await this.proposals.change(signedIn(caller), id, dto, precondition));
  }

  @Delete(':pid')
  @Operation('proposalsControllerRemoveV3')
  async remove(@CurrentCaller() caller: Caller | undefined, @Param('pid') id: string): Promise<object> {
    gate(this.rules.admits(accessTable.proposal.delete, caller));
    return proposalView(await this.proposals.remove(signedIn(caller), id));
  }

  private async find(selection: Selection, page: Page): Promise<object[]> {
    const view = page.projection === undefined ? proposalView : partialProposalView;
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
