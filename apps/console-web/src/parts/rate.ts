import type { ShownProgress } from '#console-api';

/** What was done by when. */
export interface Sample {
  /** Milliseconds. */
  readonly at: number;
  readonly bytes: number;
}

/** Samples that count: of the last five minutes, at least two. */
const window = 300_000;
const maxSamples = 60;

/** The samples with one more. Numbers that went back began anew. */
export function withSample(
  samples: readonly Sample[],
  progress: ShownProgress | undefined,
): readonly Sample[] {
  const at = progress?.at === undefined ? Number.NaN : Date.parse(progress.at);
  if (progress === undefined || Number.isNaN(at)) return samples;
  const last = samples.at(-1);
  if (last !== undefined && at <= last.at) return samples;
  const sample = { at, bytes: progress.bytesDone };
  if (last !== undefined && sample.bytes < last.bytes) return [sample];
  return [...samples.filter((one) => at - one.at <= window), sample].slice(-maxSamples);
}

/** Bytes in a second; undefined while too little is known. */
export function rateOf(samples: readonly Sample[]): number | undefined {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.at - first.at < 1000) return undefined;
  return ((last.bytes - first.bytes) / (last.at - first.at)) * 1000;
}

/** Seconds; undefined where nobody can tell. */
export function secondsLeft(
  { bytesDone, bytesTotal }: ShownProgress,
  rate: number | undefined,
): number | undefined {
  if (rate === undefined || rate <= 0 || bytesTotal <= bytesDone) return undefined;
  return (bytesTotal - bytesDone) / rate;
}
