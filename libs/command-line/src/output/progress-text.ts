const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** Bytes for people: three digits and a binary unit. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${units[unit]}`;
}

/** A span of time for people. */
export function durationText(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `3 files`, `1 file`. */
export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

export interface ProgressState {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  readonly elapsed: number;
  /** What was done before the time was taken: it says nothing about how fast things go. */
  readonly before?: number;
}

/** A guess needs something to go by: this much of the work, or this long a time. */
const enough = { share: 0.02, elapsed: 1000, patience: 60_000 };

/** One line of progress: what, how far, and as soon as it is more than a guess how fast and how long still. */
export function progressText(state: ProgressState, text = bytesText): string {
  const { label, done, total, elapsed, before = 0 } = state;
  const share = total === 0 ? 100 : Math.min(100, Math.floor((done / total) * 100));
  const fresh = done - before;
  const rate = elapsed > 0 && fresh > 0 ? fresh / (elapsed / 1000) : 0;
  const left = isKnown(state) && done < total ? `, ${durationText(((total - done) / rate) * 1000)} left` : '';
  const speed = rate > 0 ? `, ${text(rate)}/s` : '';
  return `${label}: ${share} % of ${text(total)}${speed}${left}`;
}

function isKnown({ done, total, elapsed, before = 0 }: ProgressState): boolean {
  const fresh = done - before;
  if (fresh <= 0) return false;
  return (fresh >= total * enough.share && elapsed >= enough.elapsed) || elapsed >= enough.patience;
}

/** A name that may hold anything, safe for one line on a terminal. */
export function nameText(name: string): string {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u.test(name) ? name : lineText(JSON.stringify(name));
}

/** Controls, also those of eight bits; marks that turn the direction of writing; halves of characters; other ends of lines. */
const disturbing = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
/** What words of some scripts, pictures and tables are written with. */
const harmless = /^[\t\u200c\u200d]$/;

/** One line of whatever texts others wrote: it moves no cursor, hides nothing and begins no other line. */
export function lineText(line: string): string {
  return line.replace(disturbing, (found) => (harmless.test(found) ? found : escaped(found)));
}

function escaped(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

/** Names shown of a long list. */
const shownNames = 20;

export function shortened(names: readonly string[]): string {
  const more = names.length - shownNames;
  return `${names.slice(0, shownNames).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
