import { Module } from '@nestjs/common';
import { AttachmentParents } from './attachment-parents.js';
import { AttachmentService } from './attachment.service.js';
import { AttachmentsV4Controller } from './attachments-v4.controller.js';
import { DatasetAttachmentsController } from './dataset-attachments.controller.js';
import { ProposalAttachmentsController } from './proposal-attachments.controller.js';
import { SampleAttachmentsController } from './sample-attachments.controller.js';

/** Pictures and other attachments of datasets, proposals and samples. */
@Module({
  controllers: [
    AttachmentsV4Controller,
    DatasetAttachmentsController,
    ProposalAttachmentsController,
    SampleAttachmentsController,
  ],
  providers: [AttachmentParents, AttachmentService],
  exports: [AttachmentService],
})
export class AttachmentsModule {}
