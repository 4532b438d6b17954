import { Body, Controller, Delete, Get, Param, Post, Put } from '@nestjs/common';
import type { Caller } from '../domain/access.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { signedIn } from '../http/gates.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { validateBody } from '../http/validate-body.js';
import { withId } from '../records/with-id.js';
import { AttachmentParents } from './attachment-parents.js';
import { attachmentV3Fields, attachmentV3View } from './attachment-views.js';
import { CreateAttachmentV3Dto, UpdateAttachmentV3Dto } from './attachment.dto.js';
import { AttachmentService } from './attachment.service.js';

/** Attachments of a dataset (v3). */
@Area('datasets')
@Controller({ path: 'datasets/:pid/attachments', version: '3' })
export class DatasetAttachmentsController {
  constructor(
    private readonly attachments: AttachmentService,
    private readonly parents: AttachmentParents,
  ) {}

  @Post()
  @Operation('datasetsControllerCreateAttachmentV3', { body: CreateAttachmentV3Dto, answer: 'Attachment' })
  async create(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Body() body: unknown,
  ): Promise<object> {
    this.parents.admit(caller, 'dataset', 'add');
    const dto = validateBody(CreateAttachmentV3Dto, body);
    const dataset = await this.parents.open(caller, 'dataset', pid, 'add');
    return attachmentV3View(
      await this.attachments.addTo(signedIn(caller), dataset, attachmentV3Fields(dto), dto.id),
    );
  }

  @Get()
  @Operation('datasetsControllerFindAllAttachmentsV3', { answer: ['Attachment'] })
  async list(@CurrentCaller() caller: Caller | undefined, @Param('pid') pid: string): Promise<object[]> {
    const dataset = await this.parents.open(caller, 'dataset', pid, 'read');
    return (await this.attachments.listOf(dataset)).map(attachmentV3View);
  }

  @Get('count')
  @Operation('datasetsControllerAttachmentsCountV3', { answer: 'CountApiResponse' })
  async count(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
  ): Promise<{ count: number }> {
    const dataset = await this.parents.open(caller, 'dataset', pid, 'read');
    return { count: await this.attachments.countOf(dataset) };
  }

  @Put(':aid')
  @Operation('datasetsControllerFindOneAttachmentAndUpdateV3', {
    body: UpdateAttachmentV3Dto,
    answer: 'Attachment',
  })
  async update(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Param('aid') aid: string,
    @Body() body: unknown,
  ): Promise<object> {
    this.parents.admit(caller, 'dataset', 'change');
    const dto = validateBody(UpdateAttachmentV3Dto, body);
    const dataset = await this.parents.open(caller, 'dataset', pid, 'change');
    const fields = { ...attachmentV3Fields(dto), ownerGroup: dataset.ownerGroup };
    return attachmentV3View(await this.attachments.changeIn(signedIn(caller), dataset, aid, fields));
  }

  @Delete(':aid')
  @Operation('datasetsControllerFindOneAttachmentAndRemoveV3', { answer: 'Attachment' })
  async remove(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Param('aid') aid: string,
  ): Promise<object> {
    this.parents.admit(caller, 'dataset', 'remove');
    const dataset = await this.parents.open(caller, 'dataset', pid, 'remove');
    return withId(await this.attachments.removeFrom(signedIn(caller), dataset, aid));
  }

  @Delete()
  @Operation('datasetsControllerFindAttachmentsAndRemoveV3', { answer: 'CountApiResponse' })
  async removeAll(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
  ): Promise<{ count: number }> {
    this.parents.admit(caller, 'dataset', 'remove');
    const dataset = await this.parents.open(caller, 'dataset', pid, 'remove');
    return { count: await this.attachments.removeAllFrom(signedIn(caller).username, dataset) };
  }
}
