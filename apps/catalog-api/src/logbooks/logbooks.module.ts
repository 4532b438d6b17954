import { Module } from '@nestjs/common';
import { LogbooksController } from './logbooks.controller.js';
import { Logbooks } from './logbooks.service.js';

/** Logbooks of proposals, which another server keeps. */
@Module({
  controllers: [LogbooksController],
  providers: [Logbooks],
  exports: [Logbooks],
})
export class LogbooksModule {}
