import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { AssetsController } from './assets.controller.js';
import { ErrorsFilter } from './errors.filter.js';
import { Site } from './site.service.js';

/** How pages look and speak, and what they say of errors. */
@Module({
  controllers: [AssetsController],
  providers: [Site, { provide: APP_FILTER, useClass: ErrorsFilter }],
  exports: [Site],
})
export class SiteModule {}
