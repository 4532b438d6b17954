import { Module } from '@nestjs/common';
import { CrawlersController } from './crawlers.controller.js';
import { HomeController } from './home.controller.js';
import { Search } from './search.service.js';
import { SiteModule } from '../site/site.module.js';

/** Home, search and what crawlers read. */
@Module({
  imports: [SiteModule],
  controllers: [HomeController, CrawlersController],
  providers: [Search],
})
export class PagesModule {}
