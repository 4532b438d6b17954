import { Module } from '@nestjs/common';
import { KeysOwed } from './keys-owed.js';
import { KeysOwedSweep } from './keys-owed-sweep.js';
import { MetadataKeysController } from './metadata-keys.controller.js';
import { MetadataKeys } from './metadata-keys.service.js';
import { MetadataNames } from './metadata-names.js';
import { MetadataShapesSweep } from './metadata-shapes-sweep.js';

/** Names of scientific metadata. */
@Module({
  controllers: [MetadataKeysController],
  providers: [KeysOwed, KeysOwedSweep, MetadataKeys, MetadataNames, MetadataShapesSweep],
  exports: [MetadataKeys, MetadataNames],
})
export class MetadataKeysModule {}
