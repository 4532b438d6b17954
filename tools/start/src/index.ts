export { AppProcess, type AppProcessOptions } from './app-process.js';
export { prepareBroker } from './broker.js';
export { prepareBuckets } from './buckets.js';
export {
  appNames,
  operatedApps,
  brokerUrlOf,
  dataciteAccount,
  doiPrefix,
  entryOf,
  environmentOf,
  functionalAccounts,
  managementUrlOf,
  portNames,
  publicUrlOf,
  readyUrlOf,
  sourceFolderRules,
  type AppName,
  type AppSettings,
  type ConsumerName,
  type PortName,
  type Secrets,
} from './app-environments.js';
