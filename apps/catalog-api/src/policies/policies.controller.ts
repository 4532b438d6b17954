import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { CountApiResponse } from '../answers/common.js';
import { Policy } from '../answers/records.js';
import { accessTable } from '../domain/access-table.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { parseFilter, parseJsonObject } from '../domain/filter-parts.js';
import { parseRecordFilter } from '../domain/record-filter.js';
import { Admits } from '../http/admits.decorator.js';
import { SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { filterFrom } from '../http/query-values.js';
import { RecordQueries } from '../records/record-queries.js';
import { withId } from '../records/with-id.js';
import { CreatePolicyDto, PartialUpdatePolicyDto, UpdateWherePolicyDto } from './policy.dto.js';
import { PolicyService, policyShape, type PolicyRecord } from './policy.service.js';

type Fields = Record<string, unknown>;

@Area('policies')
@Controller({ path: 'policies', version: '3' })
export class PoliciesController {
  constructor(
    private readonly policies: PolicyService,
    private readonly queries: RecordQueries,
    private readonly rules: AccessRules,
  ) {}

  @Admits(accessTable.policy.write)
  @Post()
  @Operation('policiesControllerCreateV3', { answer: Policy })
  async create(@SignedInCaller() caller: Caller, @Body() dto: CreatePolicyDto): Promise<object> {
    return withId(await this.policies.create(caller, dto));
  }

  /** The web frontend sends order, skip and limit beside the filter, not in it, and a `where` that SciCat never read. */
  @Admits(accessTable.policy.read)
  @Get()
  @Operation('policiesControllerFindAllV3', { answer: [Policy] })
  async list(
    @SignedInCaller() caller: Caller,
    @Query() parameters: Fields,
    @Headers('filter') header: unknown,
  ): Promise<PolicyRecord[]> {
    const text = filterFrom(parameters['filter'], header);
    const given = parseFilter(text);
    const { where, limits, fields } = given;
    const page = text === undefined ? wellFormed(parameters) : given;
    const query = parseRecordFilter(
      JSON.stringify({ where, fields, limits: { ...page, ...objectOr(limits) } }),
      policyShape,
    );
    return (await this.queries.list<PolicyRecord>('Policy', this.selection(caller, query.where), query)).map(
      withId,
    );
  }

  @Admits(accessTable.policy.read)
  @Get('count')
  @Operation('policiesControllerCountV3', { answer: CountApiResponse })
  async count(
    @SignedInCaller() caller: Caller,
    @Query('where') condition: unknown,
  ): Promise<{ count: number }> {
    const given = parseJsonObject(filterFrom(condition, undefined), 'where');
    const { where } = parseRecordFilter(JSON.stringify({ where: given }), policyShape);
    return { count: await this.queries.count('Policy', this.selection(caller, where)) };
  }

  /** The web frontend puts the names of the groups in quotes. */
  @Admits(accessTable.policy.write)
  @Post('updateWhere')
  @HttpCode(200)
  @Operation('policiesControllerUpdateWhereV3')
  async updateWhere(
    @SignedInCaller() caller: Caller,
    @Body() { ownerGroupList, data }: UpdateWherePolicyDto,
  ): Promise<{ message: string; count: number }> {
    const groups = ownerGroupList
      .split(',')
      .map((group) => group.replaceAll('"', '').trim())
      .filter((group) => group !== '');
    const count = await this.policies.changeOfGroups(caller, [...new Set(groups)], data);
    return { message: 'successful policy update', count };
  }

  @Admits(accessTable.policy.read)
  @Get(':id')
  @Operation('policiesControllerFindOneV3', { answer: Policy, mayBeEmpty: true })
  async get(@Param('id') id: string): Promise<PolicyRecord | undefined> {
    const policy = await this.queries.find<PolicyRecord>('Policy', id);
    return policy && withId(policy);
  }

  @Admits(accessTable.policy.write)
  @Patch(':id')
  @Operation('policiesControllerUpdateV3', { answer: Policy })
  async patch(
    @SignedInCaller() caller: Caller,
    @Param('id') id: string,
    @Body() dto: PartialUpdatePolicyDto,
  ): Promise<object> {
    return withId(await this.policies.change(caller, id, dto));
  }

  @Admits(accessTable.policy.delete)
  @Delete(':id')
  @Operation('policiesControllerRemoveV3', { answer: Policy })
  async remove(@SignedInCaller() caller: Caller, @Param('id') id: string): Promise<PolicyRecord> {
    return withId(await this.policies.remove(caller, id));
  }

  private selection(caller: Caller | undefined, where: Fields) {
    return { where, visible: this.rules.condition(accessTable.policy.read, caller) };
  }
}

/** Undocumented parameters are taken where they make sense and otherwise left alone. */
function wellFormed({ limit, skip, order }: Fields): Fields {
  const whole = (value: unknown): unknown =>
    typeof value === 'string' && /^\d{1,9}$/.test(value) ? value : undefined;
  return { limit: whole(limit), skip: whole(skip), order };
}

function objectOr(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
