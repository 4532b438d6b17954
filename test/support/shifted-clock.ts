/**
 * Loaded into an app before anything else (`--import`): its clock goes wrong by the milliseconds that a file says for it, from
 * one moment to the next. Timers run on: they do not ask what time it is.
 */
import { readFileSync } from 'node:fs';

const RealDate = Date;
const file = process.env['CATENA_TEST_CLOCK_FILE'] ?? '';
const app = /apps\/([^/]+)\//.exec(process.argv[1] ?? '')?.[1] ?? '';
let offset = 0;

function look(): void {
  try {
    offset = (JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>)[app] ?? 0;
  } catch {
    // It is being written: what was said before holds.
  }
}

class ShiftedDate extends RealDate {
  constructor(...given: unknown[]) {
    if (given.length === 0) super(RealDate.now() + offset);
    else super(...(given as [number]));
  }

  static override now(): number {
    return RealDate.now() + offset;
  }

  /** Node makes its own dates. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return Object.prototype.toString.call(value) === '[object Date]';
  }
}

if (app !== '') {
  look();
  setInterval(look, 50).unref();
  globalThis.Date = ShiftedDate as DateConstructor;
}
