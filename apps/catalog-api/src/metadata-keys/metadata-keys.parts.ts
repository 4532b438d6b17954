import { MetadataKeysController } from './metadata-keys.controller.js';
import { MetadataKeys } from './metadata-keys.service.js';

export const metadataKeyParts = { controllers: [MetadataKeysController], providers: [MetadataKeys] };
