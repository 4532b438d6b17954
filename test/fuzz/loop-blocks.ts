import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { ScicatUser } from '../scicat/support/scicat-user.js';

/** Milliseconds between two looks at the clock. */
const resolution = 5;
const idleRequests = 51;

/** How long the longest piece of work kept everybody else waiting, told beside what an idle request takes. */
export class LoopBlocks {
  private readonly delays = monitorEventLoopDelay({ resolution });

  private constructor(private readonly idle: number) {}

  static async begin(user: ScicatUser): Promise<LoopBlocks> {
    const times: number[] = [];
    for (let index = 0; index < idleRequests; index += 1) {
      const begun = performance.now();
      await user.get('/api/v3/auth/whoami');
      times.push(performance.now() - begun);
    }
    times.sort((one, other) => one - other);
    const blocks = new LoopBlocks(times[Math.floor(idleRequests / 2)]!);
    blocks.delays.enable();
    return blocks;
  }

  /** A sentence for people: times are shown, never judged. */
  end(): string {
    this.delays.disable();
    const longest = Math.max(0, this.delays.max / 1e6 - resolution);
    return `longest block of the event loop: ${longest.toFixed(1)} ms, ${(longest / this.idle).toFixed(1)} times an idle request (${this.idle.toFixed(2)} ms); the clients of this test share the loop`;
  }
}
