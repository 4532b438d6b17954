import { Module } from '@nestjs/common';
import { MetadataKeysController } from './metadata-keys.controller.js';
import { MetadataKeys } from './metadata-keys.service.js';
import { MetadataNames } from './metadata-names.js';
import { MetadataShapesSweep } from './metadata-shapes-sweep.js';

/** Names of scientific metadata. */
@Module({
  controllers: [MetadataKeysController],
  providers: [MetadataKeys, MetadataNames, MetadataShapesSweep],
  exports: [MetadataKeys, MetadataNames],
})
export class MetadataKeysModule {}
