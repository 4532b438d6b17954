import { placeTaken, type Place } from '../catalogue-side.js';

/** What a broker knows of places, for several `MemoryTransport`s at once. */
export class MemoryPlaces {
  private readonly taken = new Map<string, { readonly holder: number; readonly by: Set<unknown> }>();

  /** @throws PermanentError `messaging.catalogue-side-taken` */
  take(place: Place, by: unknown): void {
    const found = this.taken.get(place.queue) ?? { holder: place.holder, by: new Set() };
    if (found.holder !== place.holder) throw placeTaken(place);
    found.by.add(by);
    this.taken.set(place.queue, found);
  }

  /** The last one to leave frees the place. */
  leave({ queue }: Place, by: unknown): void {
    const found = this.taken.get(queue);
    if (found?.by.delete(by) === true && found.by.size === 0) this.taken.delete(queue);
  }
}
