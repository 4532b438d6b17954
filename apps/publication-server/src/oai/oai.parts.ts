import type { Provider, Type } from '@nestjs/common';
import { OaiCensus } from './oai-census.js';
import { OaiController } from './oai.controller.js';
import { OaiService } from './oai.service.js';

export const oaiParts: { readonly controllers: readonly Type[]; readonly providers: readonly Provider[] } = {
  controllers: [OaiController],
  providers: [OaiCensus, OaiService],
};
