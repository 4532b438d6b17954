import type { ShownJob } from '#console-api';

/** What comes over the stream, or over another tab that has it. */
export type LiveWord =
  | { readonly kind: 'open' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'job'; readonly job: ShownJob }
  | { readonly kind: 'operations'; readonly topic: string }
  | { readonly kind: 'reset' }
  | { readonly kind: 'state'; readonly upstream: 'live' | 'away'; readonly since: string };

export interface LiveState {
  /** Whether the stream of the console is open, here or in another tab. */
  readonly isOpen: boolean;
  /** Whether the console hears the catalogue. */
  readonly upstream: 'live' | 'away';
  /** Milliseconds: since when it does not. */
  readonly since?: number;
  /** Milliseconds: when anything was heard last. */
  readonly heardAt: number;
  /** Whether the broker tells the console of work; absent: nothing was said of it yet. */
  readonly isTold?: boolean;
}

/** The topic of hints that come by the clock, as the broker tells the console nothing now. */
const byTheClock = 'polled';

export const notConnected: LiveState = { isOpen: false, upstream: 'live', heardAt: 0 };

export function liveAfter(state: LiveState, word: LiveWord, at: number): LiveState {
  const { since: _since, ...rest } = state;
  switch (word.kind) {
    case 'open':
      return { ...rest, isOpen: true, heardAt: at };
    case 'closed':
      return { ...state, isOpen: false };
    case 'state': {
      if (word.upstream === 'live') return { ...rest, isOpen: true, upstream: 'live', heardAt: at };
      const since = Date.parse(word.since);
      return {
        ...rest,
        ...{ isOpen: true, upstream: 'away', heardAt: at, since: Number.isNaN(since) ? at : since },
      };
    }
    case 'job':
      return { ...rest, isOpen: true, upstream: 'live', heardAt: at };
    case 'operations':
      return { ...state, isOpen: true, heardAt: at, isTold: word.topic !== byTheClock };
    case 'reset':
      return { ...state, isOpen: true, heardAt: at };
  }
}

export type Liveness =
  { readonly kind: 'live' | 'away' } | { readonly kind: 'old'; readonly seconds: number };

/** What is shown: live, how old, or not connected. */
export function livenessOf({ isOpen, upstream, since }: LiveState, at: number): Liveness {
  if (!isOpen) return { kind: 'away' };
  if (upstream === 'live' || since === undefined) return { kind: 'live' };
  return { kind: 'old', seconds: Math.max(0, Math.round((at - since) / 1000)) };
}

/** An event of the stream as a word; undefined for one of a newer version, or one that cannot be read. */
export function wordIn(kind: string, data: string): LiveWord | undefined {
  if (kind === 'reset') return { kind };
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { id, topic, upstream, since } = value as Record<string, unknown>;
  if (kind === 'job' && typeof id === 'string') return { kind, job: value as ShownJob };
  if (kind === 'operations' && typeof topic === 'string') return { kind, topic };
  if (kind === 'state' && (upstream === 'live' || upstream === 'away'))
    return { kind, upstream, since: typeof since === 'string' ? since : '' };
  return undefined;
}
