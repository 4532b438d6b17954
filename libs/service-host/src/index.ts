export { attachConsumers, runConsumerApp, startOrExplain } from './run-app.js';
export { endInTime } from './end-in-time.js';
export { endConnections } from './connections.js';
export { DatabasePulse } from './database-pulse.js';
export { countFor, version } from './observation/count-for.js';
export { PrivateListener } from './observation/operations-listener.js';
export { watchRequests } from './observation/watch-requests.js';
export { observationFrom, type ObservationOptions } from './observation.config.js';
export { AppHealth, type PartHealth } from './app-health.js';
export { drainBody } from './bodies/drain-body.js';
export { HealthController, livenessOf, type Named } from './health.controller.js';
export { acceptJsonBodies } from './bodies/json-bodies.js';
export { networkOf } from './network-of.js';
export { limitRequests, requestWindow, RequestLimitExceeded, type CountedRequest } from './request-limits.js';
export { NestLogger } from './nest-logger.js';
export { QuietAdapter } from './quiet-adapter.js';
export { serviceHostOptionsFrom } from './service-host.config.js';
export { ServiceHostModule } from './service-host.module.js';
export { themeFrom, type Theme } from './theme.js';
export { operatorText } from './operator-words.js';
export { ActingOperator } from './operations/acting-operator.decorator.js';
export { behindSlash } from './operations/provide-operations.js';
export { buildOf } from './operations/build.js';
export { bodyOf, limitIn, queryOf, reasonIn } from './operations/query.js';
export { WhySources, type WhySource } from './operations/why.controller.js';
export { Open, Operators, Ruled, ruleOf, type EndpointRule } from './endpoint-rule.decorator.js';
export { refuseWithoutRule } from './endpoint-rules.js';
export { SERVICE_HOST_OPTIONS, type ServiceHostOptions } from './service-host.options.js';
export {
  nothingToRepair,
  RECONCILIATION_CHECKS,
  ReconciliationCheck,
  type Finding,
  type Look,
  type RepairOutcome,
} from './reconciliation/reconciliation-check.js';
export { ReconciliationRecords } from './reconciliation/reconciliation-records.js';
export { newRun, RunOfChecks } from './reconciliation/reconciliation-run.js';
export { Reconciliations } from './reconciliation/reconciliations.js';
export { ReconciliationsController } from './reconciliation/reconciliations.controller.js';
export { UnacceptedMessages } from './reconciliation/unaccepted-messages.js';
