/** Apps whose silence is remembered: an apps file names far fewer. */
const most = 1000;

/** Since when apps do not answer, as far as this process has seen. */
export class Silences {
  private readonly since = new Map<string, string>();

  /** @returns when it failed first since its last answer */
  failed(app: string, now: Date): string {
    const first = this.since.get(app) ?? now.toISOString();
    if (this.since.size < most) this.since.set(app, first);
    return first;
  }

  answered(app: string): void {
    this.since.delete(app);
  }
}
