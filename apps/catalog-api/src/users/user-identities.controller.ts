import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { UserIdentity } from '../answers/people.js';
import { accessTable } from '../domain/access-table.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { BadRequest, Refusal } from '../domain/errors.js';
import { parseFilter } from '../domain/filter-parts.js';
import { checkCondition } from '../domain/loopback-filter.js';
import { Admits, SignedIn } from '../http/admits.decorator.js';
import { SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { filterFrom } from '../http/query-values.js';
import { Catalogue } from '../persistence/catalogue.js';
import { idForms } from '../persistence/user-ids.js';

@Area('user identities')
@Controller({ path: 'useridentities', version: '3' })
export class UserIdentitiesController {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly rules: AccessRules,
  ) {}

  /** Others than admins find their own identity only. */
  @SignedIn({ anonymous: 401 })
  @Get('findOne')
  @Operation('userIdentitiesControllerFindOneV3', { answer: UserIdentity })
  async findOne(
    @SignedInCaller() caller: Caller,
    @Query('filter') query: unknown,
    @Headers('filter') header: unknown,
  ): Promise<object> {
    const isAdmin = this.rules.admits(accessTable.user.manage, caller);
    const asked = conditionFrom(filterFrom(query, header));
    const condition = isAdmin ? asked : ownOnly(asked, caller);
    const identity = await this.identities.findOne(condition, { projection: { credentials: 0 } });
    if (identity === null) throw new Refusal(404, 'Not Found', { message: 'Not Found', statusCode: 404 });
    return { ...identity, credentials: {} };
  }

  /** Whether anybody has this e-mail address; answers plain text as SciCat does. */
  @Admits(accessTable.user.manage, { anonymous: 401 })
  @Get('isValidEmail')
  @Operation('userIdentitiesControllerIsValidEmailV3')
  async isValidEmail(
    @Query('filter') query: unknown,
    @Headers('filter') header: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const filter = filterFrom(query, header);
    const found = await this.identities.findOne(emailCondition(filter), { projection: { _id: 1 } });
    reply.type('text/html; charset=utf-8');
    return String(found !== null);
  }

  private get identities() {
    return this.catalogue.other('UserIdentity');
  }
}

/** @throws Refusal 403 when the identity asked for is, by its user, that of another account */
function ownOnly({ userId, ...others }: Record<string, unknown>, caller: Caller): Record<string, unknown> {
  const own = idForms(caller._id);
  const asked = (userId as { $in?: unknown[] } | undefined)?.$in;
  const isOwn = userId === undefined || asked?.every((id) => own.some((form) => String(form) === String(id)));
  if (isOwn !== true) throw new Refusal(403, 'Access Forbidden or Unauthorized');
  return { ...others, userId: { $in: own } };
}

/** A bare address, or a filter. */
function emailCondition(filter: unknown): Record<string, unknown> {
  if (filter === undefined) return {};
  if (typeof filter !== 'string')
    throw new BadRequest('Invalid filter: expected one e-mail address or one JSON object.');
  if (filter.trimStart().startsWith('{')) return conditionFrom(filter);
  return { 'profile.email': filter.trim() };
}

/** Values are compared as they were sent; references to users are ids of the database, which JSON cannot say. */
function conditionFrom(filter: unknown): Record<string, unknown> {
  const where = parseFilter(filter)['where'] ?? {};
  if (typeof where !== 'object' || where === null || Array.isArray(where))
    throw new BadRequest('Invalid filter: where must be a JSON object.');
  checkCondition(where);
  const { userId, ...rest } = where as Record<string, unknown>;
  if (userId === undefined) return rest;
  return { ...rest, userId: typeof userId === 'string' ? { $in: idForms(userId) } : userId };
}
