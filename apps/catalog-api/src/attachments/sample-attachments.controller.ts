import { Body, Controller, Delete, Get, Param, Post } from '@nestjs/common';
import { Attachment } from '../answers/attachments.js';
import { accessTable } from '../domain/access-table.js';
import type { Caller } from '../domain/access.js';
import { Admits, SignedIn } from '../http/admits.decorator.js';
import { CurrentCaller, SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { withId } from '../records/with-id.js';
import { AttachmentParents } from './attachment-parents.js';
import { attachmentV3Fields, attachmentV3View } from './attachment-answers.js';
import { CreateSubAttachmentV3Dto } from './attachment.dto.js';
import { AttachmentService } from './attachment.service.js';

/** Attachments of a sample (v3). Anonymous callers get 401 where those of other records get 403. */
@Area('samples')
@Controller({ path: 'samples/:id/attachments', version: '3' })
export class SampleAttachmentsController {
  constructor(
    private readonly attachments: AttachmentService,
    private readonly parents: AttachmentParents,
  ) {}

  @Admits(accessTable.sample.addAttachment, { anonymous: 401 })
  @Post()
  @Operation('samplesControllerCreateAttachmentsV3', { answer: Attachment })
  async create(
    @SignedInCaller() caller: Caller,
    @Param('id') id: string,
    @Body() dto: CreateSubAttachmentV3Dto,
  ): Promise<object> {
    const sample = await this.parents.open(caller, 'sample', id, 'add');
    return attachmentV3View(await this.attachments.addTo(caller, sample, attachmentV3Fields(dto), dto.id));
  }

  @Admits(accessTable.sample.read)
  @Get()
  @Operation('samplesControllerFindAllAttachmentsV3', { answer: [Attachment] })
  async list(@CurrentCaller() caller: Caller | undefined, @Param('id') id: string): Promise<object[]> {
    const sample = await this.parents.open(caller, 'sample', id, 'read');
    return (await this.attachments.listOf(sample)).map(attachmentV3View);
  }

  @SignedIn({ anonymous: 401 })
  @Get(':fk')
  @Operation('samplesControllerFindOneAttachmentV3', { answer: Attachment, mayBeEmpty: true })
  async get(
    @SignedInCaller() caller: Caller,
    @Param('id') id: string,
    @Param('fk') aid: string,
  ): Promise<object | undefined> {
    const sample = await this.parents.open(caller, 'sample', id, 'read');
    const found = await this.attachments.lookIn(sample, aid);
    return found && attachmentV3View(found);
  }

  @Admits(accessTable.sample.removeAttachment, { anonymous: 401 })
  @Delete(':fk')
  @Operation('samplesControllerFindOneAttachmentAndRemoveV3', { answer: Attachment })
  async remove(
    @SignedInCaller() caller: Caller,
    @Param('id') id: string,
    @Param('fk') aid: string,
  ): Promise<object> {
    const sample = await this.parents.open(caller, 'sample', id, 'remove');
    return withId(await this.attachments.removeFrom(caller, sample, aid));
  }
}
