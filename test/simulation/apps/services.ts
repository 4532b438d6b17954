import type { LongTermStorage } from '#long-term-storage';
import type { ObjectStore } from '#storage';
import { SimulatedDatabase } from '../twins/database.js';
import { WatchedObjects } from '../twins/watched-objects.js';
import { WatchedShare } from '../twins/watched-share.js';
import type { World } from '../world/world.js';

/** What lasts longer than the processes of an installation: its twins in memory, or the real services. */
export interface Services {
  readonly databases: Readonly<Record<'catalog-api' | 'job-assembler' | 'archiver', SimulatedDatabase>>;
  /** What apps and clients call. */
  readonly store: ObjectStore;
  readonly storages: readonly LongTermStorage[];
  /** What judges see of the two: the same in memory, and after {@link Services.refresh} a copy of what is real. */
  readonly objects: WatchedObjects;
  readonly shares: readonly WatchedShare[];
  /** Brings what judges see up to date. @param isWhole bytes too, not only records */
  refresh(isWhole: boolean): Promise<void>;
}

export type ServicesFor = (world: World, shareNames: readonly string[]) => Services;

export const simulatedServices: ServicesFor = (_world, shareNames) => {
  const objects = new WatchedObjects();
  const shares = shareNames.map((name) => new WatchedShare(name));
  return {
    databases: {
      'catalog-api': new SimulatedDatabase('catalogue'),
      'job-assembler': new SimulatedDatabase('assembler'),
      archiver: new SimulatedDatabase('archive'),
    },
    ...{ store: objects, storages: shares, objects, shares },
    refresh: () => Promise.resolve(),
  };
};
