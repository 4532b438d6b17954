export { accountsOnDisk, ownersOf, type FolderOwners } from './folder-owners.js';
export { isMountAway, unmountedRoot } from './mounted-roots.js';
export { missingRulesAdvice, sourceFolderRulesFrom } from './rules-from-environment.js';
export { SourceFolderRules, type FolderRule, type Ownership } from './source-folder-rules.js';
