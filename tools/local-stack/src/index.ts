export { startStack, type Stack, type StackOptions } from './stack.js';
export type { ServiceControl } from './services/life-cycle.js';
export { SERVICE_NAMES, type ServiceName } from './services/service.js';
export { UnsupportedHost } from './root/host.js';
export { ensureRoot } from './root/make-root.js';
