import type { ProcessName } from '../apps/installation.js';
import type { Weather } from '../world/world.js';

export interface StoryFile {
  readonly path: string;
  readonly content: string;
  /** Whether its checksum is registered. */
  readonly hasChecksum: boolean;
}

export interface StoryDataset {
  readonly pid: string;
  readonly group: string;
  readonly files: readonly StoryFile[];
}

/** What people, clients and misfortune do in a story, `at` milliseconds after its beginning. */
export type Step = { readonly at: number } & (
  | {
      /** A client posts a job and posts it again under the same key, until it is told yes or no. */
      readonly does: 'post';
      readonly key: string;
      readonly type: 'archive' | 'retrieve' | 'reset';
      readonly group: string;
      readonly pids: readonly string[];
    }
  | { readonly does: 'cancel' | 'retry'; readonly key: string; readonly group: string }
  /** A client that still has a link puts another file of the same size under a name in the landing zone. */
  | { readonly does: 'overwrite'; readonly pid: string; readonly path: string; readonly content: string }
  | { readonly does: 'kill'; readonly process: ProcessName; readonly awayFor: number }
  | { readonly does: 'freeze'; readonly process: ProcessName; readonly awayFor: number }
  /** The connections of a process to the broker break. */
  | { readonly does: 'cut'; readonly process: ProcessName; readonly awayFor: number }
  /** A storage is not mounted. */
  | { readonly does: 'unmount'; readonly share: 0 | 1; readonly awayFor: number }
);

/** Everything that happens to an installation, but for what its seed leaves to chance. */
export interface Story {
  readonly seed: number;
  readonly weather: Weather;
  readonly datasets: readonly StoryDataset[];
  readonly steps: readonly Step[];
}

/** Milliseconds after which the weather is calm and nothing more is done to the installation. */
export const clearsUpAfter = 16_000;
