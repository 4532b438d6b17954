import { AttachmentParents } from './attachment-parents.js';
import { AttachmentService } from './attachment.service.js';
import { AttachmentsV4Controller } from './attachments-v4.controller.js';
import { DatasetAttachmentsController } from './dataset-attachments.controller.js';
import { ProposalAttachmentsController } from './proposal-attachments.controller.js';
import { SampleAttachmentsController } from './sample-attachments.controller.js';

export const attachmentParts = {
  controllers: [
    AttachmentsV4Controller,
    DatasetAttachmentsController,
    ProposalAttachmentsController,
    SampleAttachmentsController,
  ],
  providers: [AttachmentService, AttachmentParents],
};
