import { Module } from '@nestjs/common';
import { HistoryController } from './history.controller.js';
import { HistoryQueries } from './history.service.js';

/** Reading what the change log wrote. */
@Module({
  controllers: [HistoryController],
  providers: [HistoryQueries],
})
export class HistoryModule {}
