import type { MediumPlace } from '#long-term-storage';
import { MemoryShare } from '#long-term-storage/testing';
import { TransientError } from '#kernel';

/** A share in memory with a name of its own. */
export class NamedShare extends MemoryShare {
  constructor(override readonly name: string) {
    super();
  }
}

/** A share in memory that lies on media, and says where. */
export class MemoryLibrary extends MemoryShare {
  readonly places = new Map<string, MediumPlace>();
  /** Names that it was asked for. */
  readonly asked: string[] = [];
  away = false;

  constructor(
    override readonly name: string,
    private readonly drives: number,
    private readonly isInOrder = true,
  ) {
    super();
  }

  override get knowsPlaces(): boolean {
    return this.isInOrder;
  }

  override get mediaAtOnce(): number {
    return this.drives;
  }

  override placeOf(name: string): Promise<MediumPlace | undefined> {
    if (this.away) throw new TransientError('long-term-storage.unavailable', 'The library is away.');
    this.asked.push(name);
    return Promise.resolve(this.places.get(name));
  }
}
