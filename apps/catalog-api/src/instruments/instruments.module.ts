import { Module } from '@nestjs/common';
import { InstrumentService } from './instrument.service.js';
import { InstrumentsController } from './instruments.controller.js';
import { MetadataKeysModule } from '../metadata-keys/metadata-keys.module.js';

/** Instruments. */
@Module({
  imports: [MetadataKeysModule],
  controllers: [InstrumentsController],
  providers: [InstrumentService],
})
export class InstrumentsModule {}
