import { setImmediate as turn } from 'node:timers/promises';
import type { SimulatedProcess } from './simulated-process.js';

/** The real one: while a simulation runs, the global name stands for simulated time. */
const laterInThisTurn = turn;

/** Something that happens at one moment of simulated time. */
export interface Moment {
  /** Milliseconds since 1970, simulated. */
  readonly at: number;
  /** In whose process; undefined: outside all processes, in a database or at the broker. */
  readonly owner: SimulatedProcess | undefined;
  /** The process's life in which it was asked for: it does not happen in another one. */
  readonly life: number;
  readonly what: string;
  readonly happen: () => unknown;
}

interface Entry extends Moment {
  readonly order: number;
  isCancelled: boolean;
}

/** Moments that one story may take: a loop that never rests ends there. */
const maxMoments = 400_000;

/**
 * Simulated time: a queue of moments, one after the other. Nothing runs beside a moment: all that it sets off, up to the next
 * wait for something outside the process, is over before the next one begins.
 */
export class Scheduler {
  /** In whose process code runs at this moment. */
  current: SimulatedProcess | undefined;
  moments = 0;
  /** What goes on at real services. */
  private readonly open = new Set<Promise<unknown>>();
  private readonly heap: Entry[] = [];
  private order = 0;

  constructor(
    private time: number,
    /** Hears of every moment, before it happens. */
    private readonly heard: (moment: Moment) => void = () => undefined,
  ) {}

  /** Milliseconds since 1970, simulated. */
  get now(): number {
    return this.time;
  }

  /** @returns takes it back */
  after(
    milliseconds: number,
    owner: SimulatedProcess | undefined,
    what: string,
    happen: () => unknown,
  ): () => void {
    const entry: Entry = {
      at: this.time + Math.max(0, milliseconds),
      order: (this.order += 1),
      isCancelled: false,
      owner,
      life: owner === undefined ? 0 : owner.life,
      what,
      happen,
    };
    this.push(entry);
    return () => {
      entry.isCancelled = true;
    };
  }

  /**
   * Lets time pass.
   *
   * @param until simulated milliseconds since 1970
   * @param isOver asked after each moment
   * @returns false when the story took too many moments
   */
  async run(until: number, isOver: () => boolean = () => false): Promise<boolean> {
    for (;;) {
      const next = this.heap[0];
      if (next === undefined || next.at > until) {
        this.time = Math.max(this.time, until);
        return true;
      }
      this.pop();
      if (next.isCancelled || (next.owner !== undefined && next.owner.life !== next.life)) continue;
      if (next.owner !== undefined && next.owner.frozenUntil > next.at) {
        this.push({ ...next, at: next.owner.frozenUntil, order: next.order });
        continue;
      }
      this.time = next.at;
      if ((this.moments += 1) > maxMoments) return false;
      await this.happen(next);
      if (isOver()) return true;
    }
  }

  /** Something real goes on: the next moment begins when it is over. */
  async meanwhile<Result>(work: Promise<Result>): Promise<Result> {
    const settled = work.then(
      () => undefined,
      () => undefined,
    );
    this.open.add(settled);
    void settled.then(() => this.open.delete(settled));
    return work;
  }

  private async happen(moment: Entry): Promise<void> {
    this.heard(moment);
    this.current = moment.owner;
    try {
      moment.happen();
      await laterInThisTurn();
      while (this.open.size > 0) {
        await Promise.all(this.open);
        await laterInThisTurn();
      }
    } finally {
      this.current = undefined;
    }
  }

  private push(entry: Entry): void {
    const { heap } = this;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(left: Entry, right: Entry): boolean {
  return left.at === right.at ? left.order < right.order : left.at < right.at;
}
