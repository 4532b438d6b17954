import { CallFault } from '../calls/call.js';
import { PartlyDone, type NotDone } from './partly-done.js';

/** What one call for one of them comes to: a word of what it brought, or nothing. */
type Act<One> = (one: One, key: string) => Promise<string | undefined>;

/** An app did not answer the console in time. */
const appSilent = 'operations.app-silent';

interface Round {
  /** Of the dialog; each of them has its own one. */
  readonly key: string;
  /** Ends it behind the one that is under way. */
  readonly signal?: AbortSignal;
  /** The first so many only. */
  readonly most?: number;
}

/** The same done to each of some, one after the other: what one refuses does not hold up the others. */
export class EachOf<One extends { readonly id: string }> {
  private readonly done = new Map<string, string | undefined>();
  private readonly refusals = new Map<string, number>();

  constructor(
    private readonly all: readonly One[],
    private readonly act: Act<One>,
  ) {}

  /**
   * Those that are done already are left alone. Where no answer comes, or a person stops it, the others are not tried: each would
   * be waited for as long.
   *
   * @returns what each brought
   * @throws PartlyDone for several of which one was refused, not answered or not tried; of one what was thrown; CallFault of 401
   */
  async run({ key, signal, most = this.all.length }: Round): Promise<readonly string[]> {
    const wanted = this.all.slice(0, most);
    const notDone: NotDone[] = [];
    let isOver = false;
    for (const [index, one] of wanted.entries()) {
      if (this.done.has(one.id)) continue;
      isOver ||= signal?.aborted === true;
      if (isOver) {
        notDone.push({ subject: one.id, code: '', message: '', isUntried: true });
        continue;
      }
      try {
        this.done.set(one.id, await this.act(one, this.keyFor(key, index)));
      } catch (error) {
        const fault = error instanceof CallFault ? error : undefined;
        // Whoever is signed out is refused every time.
        if (this.all.length === 1 || fault?.status === 401) throw error;
        // What was refused is refused again under its key; what may have been done must keep it.
        if (fault !== undefined && !fault.keepsKey)
          this.refusals.set(one.id, (this.refusals.get(one.id) ?? 0) + 1);
        isOver = fault?.status === 0 || fault?.code === appSilent;
        const message = error instanceof Error ? error.message : String(error);
        notDone.push({ subject: one.id, code: fault?.code ?? '', message });
      }
    }
    if (notDone.length > 0) throw new PartlyDone(wanted.length - notDone.length, notDone);
    return [...this.done.values()].filter((word) => word !== undefined);
  }

  /** By its place, which no try changes: ids of others may be long, or look like the end of another key. */
  private keyFor(key: string, index: number): string {
    if (this.all.length === 1) return key;
    return `${key}-${index}-${this.refusals.get(this.all[index]!.id) ?? 0}`;
  }
}
