import type { Clock } from '#kernel';
import { createLogger } from '#observability';
import type { ObjectStore } from '#storage';
import type { ArchiverConfig } from '../archiver.config.js';
import type { ArchiverStore } from '../persistence/archiver-store.js';
import { AreaFigures } from '../persistence/area-figures.js';
import { RetrievedCopies } from '../persistence/retrieved-copies.js';
import { RoomWaits } from '../persistence/room-waits.js';
import { EndedCopies } from '../retrieval-area/ended-copies.js';
import { RetrievalArea } from '../retrieval-area/retrieval-area.js';
import { ExpireRetrievedCopies } from '../retrieve-datablock/expire-retrieved-copies.js';
import { RecallLock } from '../retrieve-datablock/recall-lock.js';

/** What the retrieval area works with. */
export interface AreaScene {
  readonly store: ArchiverStore;
  readonly objects: ObjectStore;
  readonly clock: Clock;
  readonly config: ArchiverConfig;
  /** Other records than those of the store. */
  readonly copies?: RetrievedCopies;
  readonly figures?: AreaFigures;
}

/** The retrieval area, as the module wires it. */
export function retrievalArea(scene: AreaScene) {
  const { store, objects, clock, config } = scene;
  const logger = createLogger('retrieval-area', 'silent');
  const { copies = new RetrievedCopies(store), figures = new AreaFigures(store) } = scene;
  const waits = new RoomWaits(store);
  const ended = new EndedCopies(copies, objects, clock, config, logger);
  const area = new RetrievalArea(figures, waits, ended, clock, config);
  const lock = new RecallLock(copies, area, ended, clock, config, logger);
  const expiry = new ExpireRetrievedCopies(ended, waits, objects, clock, config, logger);
  return { copies, figures, waits, ended, area, lock, expiry };
}
