export { AppProcess, type AppProcessOptions } from './app-process.js';
export {
  appNames,
  entryOf,
  environmentOf,
  functionalAccounts,
  type AppName,
  type AppSettings,
  type Secrets,
} from './app-environments.js';
