export { AppProcess, type AppProcessOptions } from './app-process.js';
export {
  appNames,
  dataciteAccount,
  doiPrefix,
  entryOf,
  environmentOf,
  functionalAccounts,
  portNames,
  publicUrlOf,
  readyUrlOf,
  sourceFolderRules,
  type AppName,
  type AppSettings,
  type PortName,
  type Secrets,
} from './app-environments.js';
