import { Clock } from '#kernel';
import { Chance } from './chance.js';
import { Scheduler, type Moment } from './scheduler.js';

/** When simulated time begins. */
const firstMoment = Date.parse('2026-01-01T00:00:00Z');

/** How things go wrong between processes and services in one story. All of it passes. */
export interface Weather {
  /** Part of the calls that fail before they did anything. */
  readonly refused: number;
  /** Part of the calls that did what they should, and whose answer is lost. */
  readonly unanswered: number;
  /** Part of the calls that take long: seconds up to minutes. */
  readonly slow: number;
  /** Part of the messages that come twice. */
  readonly doubled: number;
  /** Part of the messages that the broker loses after it has confirmed them (reference/messaging.md, section 0). */
  readonly lost: number;
}

export const calm: Weather = { refused: 0, unanswered: 0, slow: 0, doubled: 0, lost: 0 };

/** One simulated world: its time, its chance, and its weather, which clears up when the story is over. */
export class World {
  readonly chance: Chance;
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  weather: Weather;

  /** @param began when simulated time begins, in milliseconds since 1970 */
  constructor(
    seed: number,
    weather: Weather = calm,
    heard?: (moment: Moment) => void,
    readonly began = firstMoment,
  ) {
    this.chance = new Chance(seed);
    this.weather = weather;
    this.scheduler = new Scheduler(began, heard);
    const { scheduler } = this;
    this.clock = new (class extends Clock {
      now(): Date {
        return new Date(scheduler.now);
      }
    })();
  }

  /** Milliseconds that one way between a process and a service takes. */
  delay(label: string): number {
    const drawn = this.chance.next(label);
    const { slow } = this.weather;
    return drawn < slow ? 10 ** (3 + (drawn / slow) * 2) : 1 + drawn * 4;
  }
}
