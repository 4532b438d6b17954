import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { accessTable } from '../domain/access-table.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { parseFilter, parseJsonObject } from '../domain/filter-parts.js';
import { parseRecordFilter } from '../domain/record-filter.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { filterFrom, gate, signedIn } from '../http/gates.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { validateBody } from '../http/validate-body.js';
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

  @Post()
  @Operation('policiesControllerCreateV3', { body: CreatePolicyDto, answer: 'Policy' })
  async create(@CurrentCaller() caller: Caller | undefined, @Body() body: unknown): Promise<object> {
    gate(this.rules.admits(accessTable.policy.write, caller));
    return withId(await this.policies.create(signedIn(caller), validateBody(CreatePolicyDto, body)));
  }

  /** The web frontend sends order, skip and limit beside the filter, not in it, and a `where` that SciCat never read. */
  @Get()
  @Operation('policiesControllerFindAllV3', { answer: ['Policy'] })
  async list(
    @CurrentCaller() caller: Caller | undefined,
    @Query() parameters: Fields,
    @Headers('filter') header: unknown,
  ): Promise<PolicyRecord[]> {
    gate(this.rules.admits(accessTable.policy.read, caller));
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

  @Get('count')
  @Operation('policiesControllerCountV3', { answer: 'CountApiResponse' })
  async count(
    @CurrentCaller() caller: Caller | undefined,
    @Query('where') condition: unknown,
  ): Promise<{ count: number }> {
    gate(this.rules.admits(accessTable.policy.read, caller));
    const given = parseJsonObject(filterFrom(condition, undefined), 'where');
    const { where } = parseRecordFilter(JSON.stringify({ where: given }), policyShape);
    return { count: await this.queries.count('Policy', this.selection(caller, where)) };
  }

  /** The web frontend puts the names of the groups in quotes. */
  @Post('updateWhere')
  @HttpCode(200)
  @Operation('policiesControllerUpdateWhereV3', { body: UpdateWherePolicyDto })
  async updateWhere(
    @CurrentCaller() caller: Caller | undefined,
    @Body() body: unknown,
  ): Promise<{ message: string; count: number }> {
    gate(this.rules.admits(accessTable.policy.write, caller));
    const { ownerGroupList, data } = validateBody(UpdateWherePolicyDto, body);
    const groups = ownerGroupList
      .split(',')
      .map((group) => group.replaceAll('"', '').trim())
      .filter((group) => group !== '');
    const count = await this.policies.changeOfGroups(signedIn(caller), [...new Set(groups)], data);
    return { message: 'successful policy update', count };
  }

  @Get(':id')
  @Operation('policiesControllerFindOneV3', { answer: 'Policy' })
  async get(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
  ): Promise<PolicyRecord | undefined> {
    gate(this.rules.admits(accessTable.policy.read, caller));
    const policy = await this.queries.find<PolicyRecord>('Policy', id);
    return policy && withId(policy);
  }

  @Patch(':id')
  @Operation('policiesControllerUpdateV3', { body: PartialUpdatePolicyDto, answer: 'Policy' })
  async patch(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<object> {
    gate(this.rules.admits(accessTable.policy.write, caller));
    const dto = validateBody(PartialUpdatePolicyDto, body);
    return withId(await this.policies.change(signedIn(caller), id, dto));
  }

  @Delete(':id')
  @Operation('policiesControllerRemoveV3', { answer: 'Policy' })
  async remove(@CurrentCaller() caller: Caller | undefined, @Param('id') id: string): Promise<PolicyRecord> {
    gate(this.rules.admits(accessTable.policy.delete, caller));
    return withId(await this.policies.remove(signedIn(caller), id));
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
