import { HealthController } from '#service-host';
import { HealthControllerCheckV3200Response, HealthControllerCheckV3503Response } from '../answers/health.js';
import { Area, Operation } from '../http/operation.decorator.js';

/** The health check is shared by all apps; only this one has a document of its endpoints. */
export function describeHealth(): typeof HealthController {
  Area('health')(HealthController);
  const names = { check: 'Check', ready: 'Ready', live: 'Live' } as const;
  for (const [method, name] of Object.entries(names)) {
    const descriptor = Object.getOwnPropertyDescriptor(HealthController.prototype, method);
    if (descriptor === undefined) continue;
    const id = { '3': `healthController${name}V3`, '4': `healthController${name}V4` };
    const unavailable = HealthControllerCheckV3503Response;
    Operation(id, { answer: HealthControllerCheckV3200Response, unavailable })(
      HealthController.prototype,
      method,
      descriptor,
    );
  }
  return HealthController;
}
