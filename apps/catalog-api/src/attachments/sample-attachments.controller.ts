import { Body, Controller, Delete, Get, Param, Post } from '@nestjs/common';
import type { Caller } from '../domain/access.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { signedIn } from '../http/gates.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { validateBody } from '../http/validate-body.js';
import { withId } from '../records/with-id.js';
import { AttachmentParents } from './attachment-parents.js';
import { attachmentV3Fields, attachmentV3View } from './attachment-views.js';
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

  @Post()
  @Operation('samplesControllerCreateAttachmentsV3', { body: CreateSubAttachmentV3Dto, answer: 'Attachment' })
  async create(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<object> {
    const user = signedIn(caller);
    this.parents.admit(user, 'sample', 'add');
    const dto = validateBody(CreateSubAttachmentV3Dto, body);
    const sample = await this.parents.open(user, 'sample', id, 'add');
    return attachmentV3View(await this.attachments.addTo(user, sample, attachmentV3Fields(dto), dto.id));
  }

  @Get()
  @Operation('samplesControllerFindAllAttachmentsV3', { answer: ['Attachment'] })
  async list(@CurrentCaller() caller: Caller | undefined, @Param('id') id: string): Promise<object[]> {
    const sample = await this.parents.open(caller, 'sample', id, 'read');
    return (await this.attachments.listOf(sample)).map(attachmentV3View);
  }

  @Get(':fk')
  @Operation('samplesControllerFindOneAttachmentV3', { answer: 'Attachment' })
  async get(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
    @Param('fk') aid: string,
  ): Promise<object | undefined> {
    const sample = await this.parents.open(signedIn(caller), 'sample', id, 'read');
    const found = await this.attachments.lookIn(sample, aid);
    return found && attachmentV3View(found);
  }

  @Delete(':fk')
  @Operation('samplesControllerFindOneAttachmentAndRemoveV3', { answer: 'Attachment' })
  async remove(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
    @Param('fk') aid: string,
  ): Promise<object> {
    const user = signedIn(caller);
    this.parents.admit(user, 'sample', 'remove');
    const sample = await this.parents.open(user, 'sample', id, 'remove');
    return withId(await this.attachments.removeFrom(user, sample, aid));
  }
}
