import { Module } from '@nestjs/common';
import { PublicationsModule } from '../publications/publications.module.js';
import { RecallForms } from './recall-forms.service.js';
import { RecallsController } from './recalls.controller.js';
import { Recalls } from './recalls.service.js';
import { SiteModule } from '../site/site.module.js';

/** Asking for data that lies on tape. */
@Module({
  imports: [PublicationsModule, SiteModule],
  controllers: [RecallsController],
  providers: [RecallForms, Recalls],
  exports: [RecallForms],
})
export class RecallsModule {}
