import type { Chance } from './random.js';

/** Milliseconds in which an event stream must say its first word. */
const patience = 20_000;
const maxKept = 30;

export interface Heard {
  readonly status: number;
  readonly text: string;
}

/**
 * Clients of event streams. Most hear the first words and leave; some stay, so that the limits are met, and leave when
 * others come.
 */
export class Listeners {
  private readonly kept: AbortController[] = [];

  constructor(
    private readonly base: string,
    private readonly chance: Chance,
  ) {}

  async listen(path: string, token: string | undefined): Promise<Heard> {
    const leaving = new AbortController();
    const tooLate = setTimeout(() => leaving.abort(new Error(`no word in ${patience} ms`)), patience);
    try {
      const response = await fetch(`${this.base}${path}`, {
        signal: leaving.signal,
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      });
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
      if (!isStream || response.body === null)
        return { status: response.status, text: await response.text() };
      const { value } = await response.body.getReader().read();
      if (this.chance.happens(0.5)) this.keep(leaving);
      else leaving.abort();
      return { status: response.status, text: Buffer.from(value ?? []).toString() };
    } finally {
      clearTimeout(tooLate);
    }
  }

  leave(): void {
    for (const controller of this.kept.splice(0)) controller.abort();
  }

  private keep(controller: AbortController): void {
    this.kept.push(controller);
    if (this.kept.length > maxKept) this.kept.shift()!.abort();
  }
}
