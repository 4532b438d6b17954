import { readFileSync } from 'node:fs';

/** The value below which this share of them lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Seconds of processor time that a process has used (proc(5): utime and stime, in hundredths). */
export function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** One line of the report: what was measured, and its budget. */
export function line(what: string, found: string, budget: string): void {
  console.log(`${what.padEnd(58)} ${found.padStart(24)}   budget ${budget}`);
}

export const milliseconds = (value: number): string => `${value.toFixed(0)} ms`;
