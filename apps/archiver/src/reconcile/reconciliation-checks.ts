import { UnacceptedMessages } from '#service-host';
import { ControlObjects } from './control-objects.js';
import { CopiesThere } from './copies-there.js';
import { RetrievalObjects } from './retrieval-objects.js';
import { UnknownFilesAside } from './unknown-files-aside.js';
import { OverdueRows } from './overdue-rows.js';
import { UnknownDatablocks } from './unknown-datablocks.js';
import { UnlistedDatablocks } from './unlisted-datablocks.js';
import { UnrecordedFiles } from './unrecorded-files.js';

/** What a reconciliation of archiver looks at, in this order. */
export const reconciliationChecks = [
  UnrecordedFiles,
  CopiesThere,
  UnknownFilesAside,
  RetrievalObjects,
  ControlObjects,
  UnlistedDatablocks,
  UnknownDatablocks,
  OverdueRows,
  UnacceptedMessages,
] as const;
