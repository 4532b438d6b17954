import { archivedIsReadBack, eachFileOnce, originalsOutliveTheirCopies, retrievedIsWhole } from './bytes.js';
import { flagsAreTrue, oneHolder } from './claims.js';
import { anEndIsFinal, everyJobEnds, passingFaultsFailNobody } from './ends.js';
import type { Invariant } from './invariant.js';
import { cancelledIsUndone, nothingIsLeftBehind } from './leftovers.js';
import { noMessageIsLost } from './messages.js';
import { limitsHold, nobodyStarves, onlyTheHolderWrites } from './work.js';

/** What holds in every story, whatever happens. */
export const invariants: readonly Invariant[] = [
  everyJobEnds,
  anEndIsFinal,
  passingFaultsFailNobody,
  oneHolder,
  flagsAreTrue,
  originalsOutliveTheirCopies,
  archivedIsReadBack,
  eachFileOnce,
  retrievedIsWhole,
  onlyTheHolderWrites,
  limitsHold,
  nobodyStarves,
  noMessageIsLost,
  cancelledIsUndone,
  nothingIsLeftBehind,
];
