import { Module } from '@nestjs/common';
import { OaiCensus } from './oai-census.js';
import { OaiController } from './oai.controller.js';
import { OaiService } from './oai.service.js';

/** OAI-PMH. */
@Module({
  controllers: [OaiController],
  providers: [OaiCensus, OaiService],
})
export class OaiModule {}
