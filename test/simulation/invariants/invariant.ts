import type { Installation } from '../apps/installation.js';
import type { Actors } from '../stories/actors.js';
import type { Story } from '../stories/story.js';

export interface Watched {
  readonly installation: Installation;
  readonly story: Story;
  readonly actors: Actors;
}

/** Reports that something is not as it must be: ids, what was expected, what was found. */
export type Report = (what: string) => void;

/** Something that holds whatever happens. */
export interface Invariant {
  readonly name: string;
  /** Watches while the story goes on. */
  watch?(watched: Watched, report: Report): void;
  /** Looks when all is quiet again. */
  judge?(watched: Watched, report: Report): void | Promise<void>;
}
