import { Body, Controller, Delete, Get, Param, Patch, Post } from '@nestjs/common';
import { Attachment } from '../answers/attachments.js';
import { accessTable } from '../domain/access-table.js';
import type { Caller } from '../domain/access.js';
import { Admits } from '../http/admits.decorator.js';
import { CurrentCaller, SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { withId } from '../records/with-id.js';
import { AttachmentParents } from './attachment-parents.js';
import { attachmentV3Fields, attachmentV3View } from './attachment-answers.js';
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

  @Admits(accessTable.proposal.addAttachment)
  @Post()
  @Operation('proposalsControllerCreateAttachmentV3', { answer: Attachment })
  async create(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Body() dto: CreateAttachmentV3Dto,
  ): Promise<object> {
    const proposal = await this.parents.open(caller, 'proposal', pid, 'add');
    const { ownerGroup, accessGroups = [] } = dto;
    const fields = { ...attachmentV3Fields(dto), ownerGroup, accessGroups };
    return attachmentV3View(await this.attachments.addTo(caller, proposal, fields, dto.id));
  }

  @Admits(accessTable.proposal.readAttachment)
  @Get()
  @Operation('proposalsControllerFindAllAttachmentsV3', { answer: [Attachment] })
  async list(@CurrentCaller() caller: Caller | undefined, @Param('pid') pid: string): Promise<object[]> {
    const proposal = await this.parents.open(caller, 'proposal', pid, 'read');
    return (await this.attachments.listOf(proposal)).map(attachmentV3View);
  }

  @Admits(accessTable.proposal.changeAttachment)
  @Patch(':aid')
  @Operation('proposalsControllerFindOneAttachmentAndUpdateV3', { answer: Attachment })
  async update(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Param('aid') aid: string,
    @Body() dto: PartialUpdateAttachmentV3Dto,
  ): Promise<object> {
    const proposal = await this.parents.open(caller, 'proposal', pid, 'change');
    const fields = { ...attachmentV3Fields(dto), ownerGroup: dto.ownerGroup };
    return attachmentV3View(await this.attachments.changeIn(caller, proposal, aid, fields));
  }

  @Admits(accessTable.proposal.changeAttachment)
  @Delete(':aid')
  @Operation('proposalsControllerFindOneAttachmentAndRemoveV3', { answer: Attachment })
  async remove(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Param('aid') aid: string,
  ): Promise<object> {
    const proposal = await this.parents.open(caller, 'proposal', pid, 'remove');
    return withId(await this.attachments.removeFrom(caller, proposal, aid));
  }
}
