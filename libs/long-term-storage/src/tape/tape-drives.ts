/** How long the parts of a tape library take, in milliseconds; the standard values are those of an LTO-9 library. */
export interface TapeTiming {
  /** The robot carries a cartridge between its slot and a drive. */
  readonly carry: number;
  /** The drive threads the tape, or lets go of it. */
  readonly load: number;
  /** From one end of the tape to the other. */
  readonly wind: number;
}

export const lto9: TapeTiming = { carry: 10_000, load: 17_000, wind: 100_000 };

/** A place on a cartridge: bytes from its beginning. */
export interface TapePlace {
  readonly cartridge: string;
  readonly start: number;
  readonly end: number;
}

/** Resolves after the milliseconds; rejects with the signal's reason. */
export type Pause = (milliseconds: number, signal?: AbortSignal) => Promise<void>;

interface Drive {
  cartridge?: string;
  /** The cartridge that is about to be put into it. */
  coming?: string;
  /** Bytes from the beginning of the tape. */
  position: number;
  busy: boolean;
  usedAt: number;
}

interface Waiting {
  readonly place: TapePlace;
  /** How often others went first. */
  passed: number;
  readonly begin: (drive: Drive) => void;
}

/** Nobody is passed over more often: the end of a busy cartridge must not starve the others. */
const maxPassed = 20;

/**
 * The drives of a library. Who waits for a cartridge that is in a drive goes before those who need another, in the order
 * of the tape; a cartridge is in one drive at a time.
 */
export class TapeDrives {
  private readonly drives: Drive[];
  private readonly waiting: Waiting[] = [];
  private clock = 0;
  /** Cartridges that were put into a drive. */
  mounts = 0;

  constructor(
    readonly count: number,
    private readonly timing: TapeTiming,
    /** Bytes of a whole tape. */
    private readonly length: number,
    private readonly pause: Pause,
  ) {
    this.drives = Array.from({ length: count }, () => ({ position: 0, busy: false, usedAt: 0 }));
  }

  /**
   * Resolves when the tape stands at the place.
   *
   * @returns gives the drive back; may be called more than once
   */
  async take(place: TapePlace, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    const drive = await this.turn(place, signal);
    try {
      await this.moveTo(drive, place, signal);
    } catch (error) {
      this.giveBack(drive);
      throw error;
    }
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      drive.position = place.end;
      this.giveBack(drive);
    };
  }

  private turn(place: TapePlace, signal: AbortSignal | undefined): Promise<Drive> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.waiting.splice(this.waiting.indexOf(waiting), 1);
        reject(signal?.reason as Error);
      };
      const waiting: Waiting = {
        place,
        passed: 0,
        begin: (drive) => {
          signal?.removeEventListener('abort', leave);
          resolve(drive);
        },
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.waiting.push(waiting);
      this.assign();
    });
  }

  private giveBack(drive: Drive): void {
    drive.busy = false;
    delete drive.coming;
    drive.usedAt = this.clock += 1;
    this.assign();
  }

  private assign(): void {
    for (let next = this.nextPair(); next !== undefined; next = this.nextPair()) {
      const { drive, waiting } = next;
      const index = this.waiting.indexOf(waiting);
      for (const earlier of this.waiting.slice(0, index)) earlier.passed += 1;
      this.waiting.splice(index, 1);
      drive.busy = true;
      drive.coming = waiting.place.cartridge;
      waiting.begin(drive);
    }
  }

  private nextPair(): { drive: Drive; waiting: Waiting } | undefined {
    const idle = this.drives.filter(({ busy }) => !busy);
    if (idle.length === 0) return undefined;
    const impatient = this.waiting.find(({ passed }) => passed >= maxPassed);
    if (impatient !== undefined) {
      const drive = this.driveFor(impatient.place.cartridge, idle);
      if (drive !== undefined) return { drive, waiting: impatient };
    }
    for (const drive of idle) {
      const here = this.waiting.filter(({ place }) => place.cartridge === drive.cartridge);
      const ahead = here.filter(({ place }) => place.start >= drive.position);
      const [waiting] = (ahead.length > 0 ? ahead : here).sort((a, b) => a.place.start - b.place.start);
      if (waiting !== undefined) return { drive, waiting };
    }
    for (const waiting of this.waiting) {
      const drive = this.driveFor(waiting.place.cartridge, idle);
      if (drive !== undefined) return { drive, waiting };
    }
    return undefined;
  }

  /** Undefined while the cartridge is in a drive that is busy. */
  private driveFor(cartridge: string, idle: readonly Drive[]): Drive | undefined {
    const holder = this.drives.find((drive) => drive.cartridge === cartridge || drive.coming === cartridge);
    if (holder !== undefined) return holder.busy ? undefined : holder;
    const empty = idle.find((drive) => drive.cartridge === undefined);
    return empty ?? [...idle].sort((a, b) => a.usedAt - b.usedAt)[0];
  }

  private async moveTo(drive: Drive, { cartridge, start }: TapePlace, signal?: AbortSignal): Promise<void> {
    const { carry, load } = this.timing;
    if (drive.cartridge !== cartridge) {
      if (drive.cartridge !== undefined)
        await this.pause(this.winding(drive.position) + load + carry, signal);
      drive.cartridge = cartridge;
      drive.position = 0;
      this.mounts += 1;
      await this.pause(carry + load, signal);
    }
    await this.pause(this.winding(Math.abs(start - drive.position)), signal);
    drive.position = start;
  }

  private winding(bytes: number): number {
    return (Math.min(bytes, this.length) / this.length) * this.timing.wind;
  }
}
