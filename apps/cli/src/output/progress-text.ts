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
}

/** One line of progress: what, how far, how fast, how long still. */
export function progressText({ label, done, total, elapsed }: ProgressState, text = bytesText): string {
  const share = total === 0 ? 100 : Math.floor((done / total) * 100);
  const rate = elapsed > 0 ? done / (elapsed / 1000) : 0;
  const left = rate > 0 && done < total ? `, ${durationText(((total - done) / rate) * 1000)} left` : '';
  const speed = rate > 0 ? `, ${text(rate)}/s` : '';
  return `${label}: ${share} % of ${text(total)}${speed}${left}`;
}

/** A name that may hold anything, safe for one line on a terminal. */
export function nameText(name: string): string {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u.test(name) ? name : JSON.stringify(name);
}
