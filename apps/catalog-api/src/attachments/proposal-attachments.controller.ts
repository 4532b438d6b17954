import { Body, Controller, Delete, Get, Param, Patch, Post } from '@nestjs/common';
import type { Caller } from '../domain/access.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { signedIn } from '../http/gates.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { validateBody } from '../http/validate-body.js';
import { withId } from '../records/with-id.js';
import { AttachmentParents } from './attachment-parents.js';
import { attachmentV3Fields, attachmentV3View } from './attachment-views.js';
import { CreateAttachmentV3Dto, PartialUpdateAttachmentV3Dto } from './attachment.dto.js';
import { AttachmentService } from './attachment.service.js';

/** Attachments of a proposal (v3). They keep a group of their own: pictures of a proposal may be for others than its team. */
@Area('proposals')
@Controller({ path: 'proposals/:pid/attachments', version: '3' })
export class ProposalAttachmentsController {
  constructor(
    private readonly attachments: AttachmentService,
    private readonly parents: AttachmentParents,
  ) {}

  @Post()
  @Operation('proposalsControllerCreateAttachmentV3', { body: CreateAttachmentV3Dto, answer: 'Attachment' })
  async create(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Body() body: unknown,
  ): Promise<object> {
    this.parents.admit(caller, 'proposal', 'add');
    const dto = validateBody(CreateAttachmentV3Dto, body);
    const proposal = await this.parents.open(caller, 'proposal', pid, 'add');
    const user = signedIn(caller);
    const { ownerGroup, accessGroups = [] } = dto;
    const fields = { ...attachmentV3Fields(dto), ownerGroup, accessGroups };
    return attachmentV3View(await this.attachments.addTo(user, proposal, fields, dto.id));
  }

  @Get()
  @Operation('proposalsControllerFindAllAttachmentsV3', { answer: ['Attachment'] })
  async list(@CurrentCaller() caller: Caller | undefined, @Param('pid') pid: string): Promise<object[]> {
    const proposal = await this.parents.open(caller, 'proposal', pid, 'read');
    return (await this.attachments.listOf(proposal)).map(attachmentV3View);
  }

  @Patch(':aid')
  @Operation('proposalsControllerFindOneAttachmentAndUpdateV3', {
    body: PartialUpdateAttachmentV3Dto,
    answer: 'Attachment',
  })
  async update(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Param('aid') aid: string,
    @Body() body: unknown,
  ): Promise<object> {
    this.parents.admit(caller, 'proposal', 'change');
    const dto = validateBody(PartialUpdateAttachmentV3Dto, body);
    const proposal = await this.parents.open(caller, 'proposal', pid, 'change');
    const user = signedIn(caller);
    const fields = { ...attachmentV3Fields(dto), ownerGroup: dto.ownerGroup };
    return attachmentV3View(await this.attachments.changeIn(user, proposal, aid, fields));
  }

  @Delete(':aid')
  @Operation('proposalsControllerFindOneAttachmentAndRemoveV3', { answer: 'Attachment' })
  async remove(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Param('aid') aid: string,
  ): Promise<object> {
    this.parents.admit(caller, 'proposal', 'remove');
    const proposal = await this.parents.open(caller, 'proposal', pid, 'remove');
    return withId(await this.attachments.removeFrom(signedIn(caller), proposal, aid));
  }
}
