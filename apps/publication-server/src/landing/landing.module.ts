import { Module } from '@nestjs/common';
import { DoiController } from './doi.controller.js';
import { MadePages } from './made-pages.js';
import { VisitCounter } from './visit-counter.js';
import { PublicationsModule } from '../publications/publications.module.js';
import { RecallsModule } from '../recalls/recalls.module.js';
import { SiteModule } from '../site/site.module.js';

/** What stands at the address of a DOI. */
@Module({
  imports: [PublicationsModule, RecallsModule, SiteModule],
  controllers: [DoiController],
  providers: [MadePages, VisitCounter],
})
export class LandingModule {}
