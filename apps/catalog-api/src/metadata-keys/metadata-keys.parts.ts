import { MetadataKeysController } from './metadata-keys.controller.js';
import { MetadataNames } from './metadata-names.js';
import { MetadataShapesSweep } from './metadata-shapes-sweep.js';
import { MetadataShapes } from '../records/metadata-shapes.js';
import { MetadataKeys } from './metadata-keys.service.js';

export const metadataKeyParts = {
  controllers: [MetadataKeysController],
  providers: [MetadataKeys, MetadataNames, MetadataShapes, MetadataShapesSweep],
};
