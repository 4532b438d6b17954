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
  Put,
  Query,
} from '@nestjs/common';
import { Attachment, OutputAttachmentV4Dto } from '../answers/attachments.js';
import { IsValidResponse } from '../answers/common.js';
import { accessTable, type Rule } from '../domain/access-table.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { definite } from '../domain/definite.js';
import { BadRequest, Refusal } from '../domain/errors.js';
import { parseV4Filter } from '../domain/v4-filter.js';
import { Admits } from '../http/admits.decorator.js';
import { CurrentCaller, SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { isMergePatch } from '../http/request-parts.js';
import { filterFrom } from '../http/query-values.js';
import { faultsOf } from '../http/validate-body.js';
import { RequestPrecondition } from '../records/precondition.decorator.js';
import type { Precondition } from '../records/preconditions.js';
import { RecordQueries } from '../records/record-queries.js';
import { withId } from '../records/with-id.js';
import { AttachmentParents } from './attachment-parents.js';
import type { AttachmentRecord, AttachmentRelationship } from './attachment-answers.js';
import {
  CreateAttachmentV4Dto,
  PartialUpdateAttachmentV4Dto,
  UpdateAttachmentV4Dto,
} from './attachment.dto.js';
import {
  AttachmentService,
  missing,
  withRelationTypes,
  type AttachmentFields,
} from './attachment.service.js';

const properties: ReadonlySet<string> = new Set(
  `_id aid thumbnail caption relationships targetId targetType relationType ownerGroup accessGroups instrumentGroup
  isPublished createdBy updatedBy createdAt updatedAt`.split(/\s+/),
);
/** What a merge patch clears with null. */
const clearable = ['thumbnail', 'instrumentGroup'] as const;
const replaceable = ['thumbnail', 'accessGroups', 'instrumentGroup', 'relationships'] as const;

@Area('attachments v4')
@Controller({ path: 'attachments', version: '4' })
export class AttachmentsV4Controller {
  constructor(
    private readonly attachments: AttachmentService,
    private readonly queries: RecordQueries,
    private readonly rules: AccessRules,
    private readonly parents: AttachmentParents,
  ) {}

  @Admits(accessTable.attachment.create)
  @Post()
  @Operation('attachmentsV4ControllerCreateAttachmentV4', { answer: Attachment })
  async create(@SignedInCaller() caller: Caller, @Body() dto: CreateAttachmentV4Dto): Promise<object> {
    const { aid, ...fields } = definite(dto);
    this.mayOwn(caller, fields.ownerGroup);
    await this.parents.openAll(caller, fields.relationships ?? [], 'create');
    return withId(await this.attachments.create(caller, fields, aid));
  }

  @Admits(accessTable.attachment.create)
  @Post('isValid')
  @HttpCode(200)
  @Operation('attachmentsV4ControllerIsValidV4', { body: CreateAttachmentV4Dto, answer: IsValidResponse })
  isValid(@SignedInCaller() caller: Caller, @Body() body: unknown): object {
    const ownerGroup = (body as { ownerGroup?: unknown } | null)?.ownerGroup;
    this.mayOwn(caller, typeof ownerGroup === 'string' ? ownerGroup : '');
    const reason = faultsOf(CreateAttachmentV4Dto, body);
    return { valid: reason.length === 0, reason };
  }

  @Admits(accessTable.attachment.read)
  @Get()
  @Operation('attachmentsV4ControllerFindAllV4', { answer: [OutputAttachmentV4Dto] })
  list(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
  ): Promise<AttachmentRecord[]> {
    return this.find(accessTable.attachment.read, caller, filter);
  }

  @Admits(accessTable.attachment.public)
  @Get('public')
  @Operation('attachmentsV4ControllerFindAllPublicV4', { answer: [OutputAttachmentV4Dto] })
  listPublic(@Query('filter') filter: unknown): Promise<AttachmentRecord[]> {
    return this.find(accessTable.attachment.public, undefined, filter);
  }

  @Admits(accessTable.attachment.read)
  @Get(':aid')
  @Operation('attachmentsV4ControllerFindOneV4', { answer: OutputAttachmentV4Dto })
  async get(
    @CurrentCaller() caller: Caller | undefined,
    @Param('aid') aid: string,
  ): Promise<AttachmentRecord> {
    const attachment = (await this.queries.find<AttachmentRecord>('Attachment', aid)) ?? missing(aid);
    if (!this.rules.allows(accessTable.attachment.read, caller, attachment)) refuse();
    return withId(attachment);
  }

  @Admits(accessTable.attachment.update)
  @Patch(':aid')
  @Operation('attachmentsV4ControllerFindOneAndUpdateV4', { answer: Attachment })
  async patch(
    @SignedInCaller() caller: Caller,
    @Param('aid') aid: string,
    @Body() dto: PartialUpdateAttachmentV4Dto,
    @RequestPrecondition() precondition: Precondition,
    @Headers('content-type') type: unknown,
  ): Promise<object> {
    const fields = { ...dto };
    const unset = isMergePatch(type) ? clearable.filter((name) => fields[name] === null) : [];
    return withId(await this.change(caller, aid, storedFields(fields), unset, precondition));
  }

  @Admits(accessTable.attachment.update)
  @Put(':aid')
  @Operation('attachmentsV4ControllerFindOneAndReplaceV4', { answer: Attachment })
  async replace(
    @SignedInCaller() caller: Caller,
    @Param('aid') aid: string,
    @Body() dto: UpdateAttachmentV4Dto,
    @RequestPrecondition() precondition: Precondition,
  ): Promise<object> {
    const set = storedFields({
      accessGroups: [],
      relationships: [],
      ...definite(dto),
    });
    const unset = replaceable.filter((name) => !(name in set));
    return withId(await this.change(caller, aid, set, unset, precondition));
  }

  @Admits(accessTable.attachment.delete)
  @Delete(':aid')
  @Operation('attachmentsV4ControllerFindOneAttachmentAndRemoveV4')
  async remove(@SignedInCaller() caller: Caller, @Param('aid') aid: string): Promise<AttachmentRecord> {
    const mine = this.rules.condition(accessTable.attachment.delete, caller);
    const removed = await this.attachments.remove(caller, aid, mine);
    if (removed !== undefined) return withId(removed);
    return (await this.queries.find('Attachment', aid)) === undefined ? missing(aid) : refuse();
  }

  private async change(
    user: Caller,
    aid: string,
    set: Readonly<Record<string, unknown>>,
    unset: readonly string[],
    precondition: Precondition,
  ): Promise<AttachmentRecord> {
    const { relationships, ownerGroup } = set as AttachmentFields;
    const update = (stored: AttachmentRecord) => {
      if (!this.rules.allows(accessTable.attachment.update, user, stored)) refuse();
      if (ownerGroup !== undefined && ownerGroup !== stored.ownerGroup) this.mayOwn(user, ownerGroup);
      return { set, unset };
    };
    const admit = async (stored: AttachmentRecord) => {
      await this.parents.openAll(user, added(stored, relationships), 'update');
      return {};
    };
    return this.attachments.change({ id: aid, by: user.username, precondition, update, admit });
  }

  /** @throws Refusal 403 */
  private mayOwn(user: Caller, ownerGroup: string): void {
    if (!this.rules.allows(accessTable.attachment.create, user, { ownerGroup }))
      throw new Refusal(403, 'Unauthorized to create this attachment');
  }

  private find(rule: Rule, caller: Caller | undefined, filter: unknown): Promise<AttachmentRecord[]> {
    const query = parseV4Filter(filterFrom(filter, undefined), properties, {
      newestFirst: 'without limits',
    });
    if (query.include.length > 0) throw new BadRequest('Attachments have no relations to include.');
    const visible = this.rules.condition(rule, caller);
    return this.queries.list('Attachment', { where: query.where, visible }, query);
  }
}

function storedFields(fields: AttachmentFields): Record<string, unknown> {
  const { relationships, ...others } = definite(fields);
  return relationships === undefined
    ? others
    : { ...others, relationships: withRelationTypes(relationships) };
}

/** What a change hangs the attachment on beside what it hangs on already. */
function added(
  { relationships: present }: AttachmentRecord,
  relationships: readonly AttachmentRelationship[] = [],
): readonly AttachmentRelationship[] {
  const isPresent = ({ targetType, targetId }: AttachmentRelationship): boolean =>
    (present ?? []).some((other) => other.targetType === targetType && other.targetId === targetId);
  return relationships.filter((relationship) => !isPresent(relationship));
}

function refuse(): never {
  throw new Refusal(403, 'Unauthorized to this attachment');
}
