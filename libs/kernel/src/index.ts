export {
  CatenaError,
  PermanentError,
  TransientError,
  codeOf,
  isAway,
  isRetriable,
  messageOf,
  recogniseAway,
} from './catena-error.js';
export { AgedMap } from './aged-map.js';
export { AskedTogether, type AskedTogetherOptions } from './asked-together.js';
export { checksumOf } from './checksum.js';
export { Clock, ManualClock, SystemClock } from './clock.js';
export { crashPoint } from './crash-point.js';
export { Ending, ending } from './ending.js';
export { idFromName, newId } from './ids.js';
export {
  LifeSigns,
  lifeSigns,
  livingBy,
  stillMoving,
  type LifeSign,
  type StalledLoop,
} from './life-signs.js';
export { formerPidName, pidAsName, pidOfName } from './pid-names.js';
export { safeRelativePath } from './relative-path.js';
export { isDirectoryEntry, listedPath } from './listed-path.js';
export { NamedFiles } from './named-files.js';
export {
  attempted,
  configurationFrom,
  refuse,
  secretVariables,
  withSecretsFromFiles,
  type Environment,
} from './configuration.js';
export {
  bytes,
  bytesFrom,
  certificatesFrom,
  duration,
  durationFrom,
  integer,
  isOn,
  listFrom,
  present,
  required,
  withoutSlash,
} from './settings.js';
export { looksLikeMailAddress } from './mail-address.js';
export { LookOnDemand } from './look-on-demand.js';
export { StandingQuestion } from './standing-question.js';
export { backOff, wait } from './wait.js';
export { settingsInUse } from './settings-in-use.js';
export { withoutCredentials, withoutQuery } from './without-query.js';
