import { Refusal } from './refusal.js';

/** Counts downloads at once, for each client and for all. */
export class DownloadLimits {
  private readonly ofClient = new Map<string, number>();
  private all = 0;

  constructor(private readonly limits: { readonly perClient: number; readonly most: number }) {}

  /**
   * Takes a place; the caller gives it back, once, with what it gets.
   *
   * @throws Refusal 429 or 503 with Retry-After
   */
  enter(client: string): () => void {
    const own = this.ofClient.get(client) ?? 0;
    if (own >= this.limits.perClient)
      throw new Refusal(429, 'tooManyOfYours', {
        value: String(this.limits.perClient),
        headers: { 'retry-after': 30 },
      });
    if (this.all >= this.limits.most) throw new Refusal(503, 'tooMany', { headers: { 'retry-after': 60 } });
    this.ofClient.set(client, own + 1);
    this.all += 1;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.all -= 1;
      const rest = (this.ofClient.get(client) ?? 1) - 1;
      if (rest === 0) this.ofClient.delete(client);
      else this.ofClient.set(client, rest);
    };
  }
}
