import { consoleEvents } from '#console-api';
import {
  heard,
  newcomer,
  nextLook,
  passed,
  type Election,
  type ElectionWord,
  type Step,
} from './election.js';
import { liveAfter, notConnected, wordIn, type LiveState, type LiveWord } from './live-state.js';

type Wire =
  | { readonly election: ElectionWord }
  | { readonly live: LiveWord }
  /** A tab that came later gets what the others know. */
  | { readonly snapshot: LiveState };

interface LiveMeans {
  readonly now: () => number;
  readonly open: () => EventSource;
  /** Undefined where tabs cannot talk to one another: then each listens for itself. */
  readonly channel: BroadcastChannel | undefined;
  readonly id: string;
}

/** Milliseconds between tries when the stream was refused: EventSource itself tries only after it broke. */
const retries = [3000, 6000, 15_000, 30_000] as const;

/** The news of the console, over one stream for all tabs of a browser. */
export class LiveConnection {
  private state: LiveState = notConnected;
  private election: Election | undefined;
  private source: EventSource | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private readonly watchers = new Set<() => void>();

  constructor(
    private readonly around: LiveMeans,
    private readonly take: (word: LiveWord) => void,
  ) {}

  readonly snapshot = (): LiveState => this.state;

  readonly subscribe = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  };

  start(): void {
    const { channel, id, now } = this.around;
    if (channel === undefined) return this.listen();
    channel.onmessage = ({ data }: MessageEvent<Wire>): void => this.hear(data);
    this.follow(newcomer(id, now()));
  }

  stop(): void {
    clearTimeout(this.timer);
    if (this.election?.role === 'leader') this.say({ election: { kind: 'leave', from: this.around.id } });
    this.election = undefined;
    this.silence();
    this.around.channel?.close();
  }

  private hear(data: Wire): void {
    if (this.election === undefined) return;
    if ('election' in data) return this.follow(heard(this.election, data.election, this.around.now()));
    if (this.election.role === 'leader') return;
    if ('live' in data) return this.note(data.live);
    this.state = data.snapshot;
    this.tell();
  }

  private follow({ next, say }: Step): void {
    const before = this.election?.role;
    this.election = next;
    if (say !== undefined) this.say({ election: say });
    if (next.role === 'leader' && before !== 'leader') this.listen();
    if (next.role !== 'leader' && before === 'leader') this.silence();
    if (next.role === 'leader' && say?.kind === 'lead') this.say({ snapshot: this.state });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.election !== undefined) this.follow(passed(this.election, this.around.now()));
    }, nextLook(next));
  }

  private listen(): void {
    const source = this.around.open();
    this.source = source;
    source.onopen = (): void => {
      this.failures = 0;
      this.spread({ kind: 'open' });
    };
    source.onerror = (): void => {
      this.spread({ kind: 'closed' });
      // Broken: it comes back by itself, with the last id. Refused: it never would.
      if (source.readyState !== source.CLOSED || this.source !== source) return;
      this.silence();
      const wait = retries[Math.min(this.failures, retries.length - 1)];
      this.failures += 1;
      this.retry = setTimeout(() => this.listen(), wait);
    };
    for (const kind of consoleEvents)
      source.addEventListener(kind, ({ data }: MessageEvent<string>) => {
        const word = wordIn(kind, data);
        if (word !== undefined) this.spread(word);
      });
  }

  private silence(): void {
    clearTimeout(this.retry);
    this.source?.close();
    this.source = undefined;
  }

  private spread(word: LiveWord): void {
    if (this.election !== undefined) this.say({ live: word });
    this.note(word);
  }

  private note(word: LiveWord): void {
    // Each try in vain says so again: once is enough.
    if (word.kind === 'closed' && !this.state.isOpen) return;
    this.state = liveAfter(this.state, word, this.around.now());
    this.take(word);
    this.tell();
  }

  private say(data: Wire): void {
    this.around.channel?.postMessage(data);
  }

  private tell(): void {
    for (const watcher of this.watchers) watcher();
  }
}

/** In this browser, with the other tabs of this person: what comes over the stream of one is not for another. */
export function liveInBrowser(now: () => number, person: string): LiveMeans {
  return {
    now,
    open: () => new EventSource('/console/api/events?topics=jobs,operations'),
    channel:
      typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(`catena-console/${person}`),
    id: [...crypto.getRandomValues(new Uint8Array(12))]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join(''),
  };
}
