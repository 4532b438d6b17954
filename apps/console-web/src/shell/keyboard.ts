type Place =
  | '/'
  | `/${'jobs' | 'work' | 'storage' | 'limits' | 'messages' | 'queues' | 'publications' | 'audit' | 'me'}`;

/** What a key means where no text is being written. */
export type KeyAction =
  | { readonly kind: 'find' | 'help' | 'down' | 'up' | 'mark' | 'actions' }
  | { readonly kind: 'go'; readonly to: Place };

export interface KeyState {
  /** `g` was pressed, at this time in milliseconds. */
  readonly goAt?: number;
}

/** Milliseconds in which a second key belongs to the first one. */
const together = 1500;
const places: Readonly<Record<string, Place>> = {
  h: '/',
  j: '/jobs',
  w: '/work',
  s: '/storage',
  l: '/limits',
  m: '/messages',
  q: '/queues',
  p: '/publications',
  u: '/me',
  a: '/audit',
};
const single: Readonly<Record<string, KeyAction>> = {
  '/': { kind: 'find' },
  '?': { kind: 'help' },
  j: { kind: 'down' },
  k: { kind: 'up' },
  x: { kind: 'mark' },
  '.': { kind: 'actions' },
};

export function afterKey(
  { goAt }: KeyState,
  key: string,
  at: number,
): { readonly state: KeyState; readonly action?: KeyAction } {
  if (goAt !== undefined && at - goAt <= together) {
    const to = Object.hasOwn(places, key) ? places[key] : undefined;
    return to === undefined ? { state: {} } : { state: {}, action: { kind: 'go', to } };
  }
  if (key === 'g') return { state: { goAt: at } };
  const action = Object.hasOwn(single, key) ? single[key] : undefined;
  return action === undefined ? { state: {} } : { state: {}, action };
}

/** Whether a key is meant for what has the focus: a field that is written in, a menu, a dialog. */
export function isForOthers(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  if (document.querySelector('[role=dialog],[role=menu]') !== null) return true;
  return (
    target.closest('input:not([type=checkbox]):not([type=radio]),textarea,select,[contenteditable=true]') !==
    null
  );
}

/** Moves the focus along the rows of the page. */
export function moveInRows(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  if (rows.length === 0) return;
  const index = rows.findIndex((row) => row.contains(document.activeElement));
  const next = index === -1 ? (step === 1 ? 0 : rows.length - 1) : index + step;
  const row = rows[Math.min(rows.length - 1, Math.max(0, next))];
  const main = row?.querySelector<HTMLElement>('[data-main]') ?? row;
  main?.focus();
  row?.scrollIntoView({ block: 'nearest' });
}

/** Goes to what may be done on the page; Tab goes on from there. */
export function goToActions(): void {
  document.querySelector<HTMLElement>('main .buttons button:not([aria-disabled=true])')?.focus();
}

/** Marks the row that has the focus. */
export function markRow(): void {
  document.activeElement
    ?.closest('[data-row]')
    ?.querySelector<HTMLInputElement>('input[type=checkbox]')
    ?.click();
}
