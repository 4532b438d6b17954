import type { Phase } from '#contracts';
import type { WorkContext } from '../domain/work.js';

/** Adds up passes over the bytes of a datablock; more may come to be needed while it goes on. */
export class Passes {
  private done = 0;

  constructor(
    private readonly context: WorkContext,
    private readonly packedSize: number,
    private count: number,
  ) {}

  add(passes: number): void {
    this.count += passes;
  }

  /** Of the pass that is under way. */
  readonly show = (phase: Phase, bytes: number): void => {
    const done = Math.min(this.done * this.packedSize + bytes, this.count * this.packedSize);
    this.context.progress(phase, done, this.count * this.packedSize);
  };

  end(): void {
    this.done += 1;
  }
}
