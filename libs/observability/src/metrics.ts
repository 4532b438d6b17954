import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { Measurements, type Measurement } from './measurements.js';

type Labels = Readonly<Record<string, string>>;

/** What a metric is; its labels come from closed lists or from the configuration, never from ids or names of groups. */
export interface MetricSpec {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  /** The label that may take many values: beyond the limit it is `other`, and the rest is kept, which has to be of closed lists. */
  readonly open?: string;
}

export interface HistogramSpec extends MetricSpec {
  /** Seconds; upper bounds. */
  readonly buckets: readonly number[];
}

/**
 * Label sets that one counter or histogram may have. What comes beyond is counted under `other` in its open label, or in every label
 * where none is named: codes and message types come from closed lists, and a mistake there must not fill the memory of Prometheus.
 */
const maxLabelSets = 200;

/** Of the default metrics: one set for each space of the heap says little and costs much. */
const leftOut = [
  'nodejs_heap_space_size_total_bytes',
  'nodejs_heap_space_size_used_bytes',
  'nodejs_heap_space_size_available_bytes',
  'nodejs_active_resources',
  'nodejs_active_handles',
  'nodejs_active_requests',
];

/** The numbers of this process for Prometheus. Until they are switched on, counting costs one comparison. */
export class Metrics {
  private readonly registry = new Registry();
  private readonly measurements = new Measurements(this.registry);
  private on = false;

  get enabled(): boolean {
    return this.on;
  }

  /** Begins to count. Calling it again changes nothing. */
  enable(app: string, version: string, commit = 'unknown'): void {
    if (this.on) return;
    this.on = true;
    collectDefaultMetrics({ register: this.registry });
    for (const name of leftOut) this.registry.removeSingleMetric(name);
    this.gauge({
      name: 'catena_build_info',
      help: 'Which app, version and commit runs: always 1.',
      labels: ['app', 'version', 'commit'],
    }).set({ app, version, commit }, 1);
  }

  /** @returns what adds to the counter; of a name that is there already, the same one */
  counter(spec: MetricSpec): (labels?: Labels, value?: number) => void {
    const { name, help, labels = [], open } = spec;
    const counter =
      this.known<Counter>(name) ??
      new Counter({ name, help, labelNames: [...labels], registers: [this.registry] });
    const bounded = boundedBy(labels, open);
    return (given = {}, value = 1) => {
      if (this.on) counter.inc(bounded(given), value);
    };
  }

  /** @returns what observes a duration in seconds */
  histogram(spec: HistogramSpec): (labels: Labels, seconds: number) => void {
    const { name, help, labels = [], open, buckets } = spec;
    const histogram =
      this.known<Histogram>(name) ??
      new Histogram({
        ...{ name, help, labelNames: [...labels], buckets: [...buckets] },
        registers: [this.registry],
      });
    const bounded = boundedBy(labels, open);
    return (given, seconds) => {
      if (this.on) histogram.observe(bounded(given), Math.max(0, seconds));
    };
  }

  /** What is read when Prometheus asks; of a name that is there already, the newest reader counts. */
  measure(measurement: Measurement): void {
    this.measurements.add(measurement);
  }

  /** @returns the exposition; never rejects for something that cannot be read */
  async text(): Promise<{ readonly body: string; readonly type: string }> {
    await this.measurements.read();
    return { body: await this.registry.metrics(), type: this.registry.contentType };
  }

  /** Two apps of one process, as in tests, share what they name alike. */
  private known<Metric>(name: string): Metric | undefined {
    return this.registry.getSingleMetric(name) as Metric | undefined;
  }

  private gauge({ name, help, labels = [] }: MetricSpec): Gauge {
    return new Gauge({ name, help, labelNames: [...labels], registers: [this.registry] });
  }
}

/** Those of this process. */
export const metrics = new Metrics();

/** Since a moment of `performance.now()`, in seconds: durations do not jump with the clock of the machine. */
export function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}

function boundedBy(names: readonly string[], open?: string): (labels: Labels) => Record<string, string> {
  const known = new Set<string>();
  const other = Object.fromEntries(names.map((name) => [name, 'other']));
  return (labels) => {
    const key = names.map((name) => labels[name] ?? '').join('\n');
    if (known.has(key)) return { ...labels };
    if (known.size >= maxLabelSets) return open === undefined ? other : { ...labels, [open]: 'other' };
    known.add(key);
    return { ...labels };
  };
}
