import { Module } from '@nestjs/common';
import { DatasetPolicies } from './dataset-policies.service.js';
import { PoliciesController } from './policies.controller.js';
import { PolicyService } from './policy.service.js';

/** Policies of groups, and what they say of new datasets. */
@Module({
  controllers: [PoliciesController],
  providers: [DatasetPolicies, PolicyService],
  exports: [DatasetPolicies],
})
export class PoliciesModule {}
