import { Module } from '@nestjs/common';
import { Availabilities } from './availability.service.js';
import { Publications } from './publications.service.js';
import { RelationsService } from './relations.service.js';
import { SiteModule } from '../site/site.module.js';

/** Publications as their readers may see them. */
@Module({
  imports: [SiteModule],
  providers: [Availabilities, Publications, RelationsService],
  exports: [Availabilities, Publications],
})
export class PublicationsModule {}
