import { Injectable } from '@nestjs/common';
import type { Caller } from '../domain/access.js';
import { DatasetPolicies } from '../policies/dataset-policies.service.js';
import { MetadataSchemas } from './scientific-metadata.js';

type Fields = Record<string, unknown>;

/** Values of a dataset that the server computes, whatever a client sends. */
@Injectable()
export class ComputedDatasetValues {
  constructor(
    private readonly policies: DatasetPolicies,
    private readonly schemas: MetadataSchemas,
  ) {}

  async of(caller: Caller, fields: Fields): Promise<Fields> {
    const [classification, valid] = await Promise.all([
      this.policies.classificationFor(caller, fields),
      this.isValid(fields['scientificMetadataSchema'], fields['scientificMetadata']),
    ]);
    return { classification, ...(valid === undefined ? {} : { scientificMetadataValid: valid }) };
  }

  /** Whether metadata fits its schema; undefined without both. */
  isValid(schema: unknown, metadata: unknown): Promise<boolean | undefined> {
    return this.schemas.isValid(schema, metadata);
  }
}
