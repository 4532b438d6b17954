import type { Hands } from './hands.js';
import type { Scene } from './scene.js';

/** One thing that a worker has to do. */
export interface Check {
  readonly name: string;
  /** What a worker does that passes. */
  readonly title: string;
  /** Checks that must have passed: without them this one would tell the same again. */
  readonly after?: readonly string[];
  /** What it needs to be possible at all. */
  readonly needs?: keyof Hands;
  /** @throws Missing with what was expected and what was found */
  run(scene: Scene): Promise<void>;
}
