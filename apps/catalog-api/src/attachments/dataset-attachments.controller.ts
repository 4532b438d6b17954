import { Body, Controller, Delete, Get, Param, Post, Put } from '@nestjs/common';
import { Attachment } from '../answers/attachments.js';
import { CountApiResponse } from '../answers/common.js';
import { accessTable } from '../domain/access-table.js';
import type { Caller } from '../domain/access.js';
import { Admits } from '../http/admits.decorator.js';
import { CurrentCaller, SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { withId } from '../records/with-id.js';
import { AttachmentParents } from './attachment-parents.js';
import { attachmentV3Fields, attachmentV3View } from './attachment-answers.js';
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

  @Admits(accessTable.dataset.add)
  @Post()
  @Operation('datasetsControllerCreateAttachmentV3', { answer: Attachment })
  async create(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Body() dto: CreateAttachmentV3Dto,
  ): Promise<object> {
    const dataset = await this.parents.open(caller, 'dataset', pid, 'add');
    return attachmentV3View(await this.attachments.addTo(caller, dataset, attachmentV3Fields(dto), dto.id));
  }

  @Admits(accessTable.dataset.readUnshared)
  @Get()
  @Operation('datasetsControllerFindAllAttachmentsV3', { answer: [Attachment] })
  async list(@CurrentCaller() caller: Caller | undefined, @Param('pid') pid: string): Promise<object[]> {
    const dataset = await this.parents.open(caller, 'dataset', pid, 'read');
    return (await this.attachments.listOf(dataset)).map(attachmentV3View);
  }

  @Admits(accessTable.dataset.readUnshared)
  @Get('count')
  @Operation('datasetsControllerAttachmentsCountV3', { answer: CountApiResponse })
  async count(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
  ): Promise<{ count: number }> {
    const dataset = await this.parents.open(caller, 'dataset', pid, 'read');
    return { count: await this.attachments.countOf(dataset) };
  }

  @Admits(accessTable.dataset.update)
  @Put(':aid')
  @Operation('datasetsControllerFindOneAttachmentAndUpdateV3', { answer: Attachment })
  async update(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Param('aid') aid: string,
    @Body() dto: UpdateAttachmentV3Dto,
  ): Promise<object> {
    const dataset = await this.parents.open(caller, 'dataset', pid, 'change');
    const fields = { ...attachmentV3Fields(dto), ownerGroup: dataset.ownerGroup };
    return attachmentV3View(await this.attachments.changeIn(caller, dataset, aid, fields));
  }

  @Admits(accessTable.dataset.update)
  @Delete(':aid')
  @Operation('datasetsControllerFindOneAttachmentAndRemoveV3', { answer: Attachment })
  async remove(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Param('aid') aid: string,
  ): Promise<object> {
    const dataset = await this.parents.open(caller, 'dataset', pid, 'remove');
    return withId(await this.attachments.removeFrom(caller, dataset, aid));
  }

  @Admits(accessTable.dataset.update)
  @Delete()
  @Operation('datasetsControllerFindAttachmentsAndRemoveV3', { answer: CountApiResponse })
  async removeAll(@SignedInCaller() caller: Caller, @Param('pid') pid: string): Promise<{ count: number }> {
    const dataset = await this.parents.open(caller, 'dataset', pid, 'remove');
    return { count: await this.attachments.removeAllFrom(caller.username, dataset) };
  }
}
