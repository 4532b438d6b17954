import { DatasetPolicies } from './dataset-policies.service.js';
import { PoliciesController } from './policies.controller.js';
import { PolicyService } from './policy.service.js';

export const policyParts = { controllers: [PoliciesController], providers: [PolicyService, DatasetPolicies] };
