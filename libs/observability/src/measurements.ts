import { Counter, Gauge, type Registry } from 'prom-client';

/** One value of a gauge. */
export interface Sample {
  readonly metric: string;
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Gauges that one question answers. */
export interface Measurement {
  /** Of the question: the newest one of a name counts. */
  readonly name: string;
  /** By name of the gauge: what it says. The label names are those of its samples, closed lists or configuration. */
  readonly gauges: Readonly<Record<string, { readonly help: string; readonly labels?: readonly string[] }>>;
  /** Must ask for numbers only, with an index, and in bounded time. */
  readonly read: () => Promise<readonly Sample[]> | readonly Sample[];
}

/** Milliseconds for which an answer counts as fresh: however often Prometheus asks, the database is asked no more often. */
const fresh = 5000;
/** Milliseconds for which an older answer is given rather than none. */
const usable = 120_000;
/** Milliseconds that a scrape waits for questions which have an answer to fall back on, and for those that have none. */
const patience = { withAnswer: 40, without: 1000 };
/** Samples of one gauge in one measurement; more would be ids. */
const maxSamples = 200;

interface Asked {
  measurement: Measurement;
  samples: readonly Sample[] | undefined;
  at: number;
  running: Promise<void> | undefined;
}

/**
 * Questions behind gauges, asked when Prometheus asks. One that fails or hangs leaves its gauges out: it neither fails the scrape
 * nor is asked a second time while it is open.
 */
export class Measurements {
  private readonly asked = new Map<string, Asked>();
  private readonly gauges = new Map<string, Gauge>();
  private readonly cut: Counter;

  constructor(private readonly registry: Registry) {
    this.cut = new Counter({
      name: 'catena_samples_cut_total',
      help: 'Samples that a gauge had too many of, and that are missing in it.',
      labelNames: ['metric'],
      registers: [registry],
    });
  }

  add(measurement: Measurement): void {
    for (const [name, { help, labels = [] }] of Object.entries(measurement.gauges))
      if (!this.gauges.has(name))
        this.gauges.set(name, new Gauge({ name, help, labelNames: [...labels], registers: [this.registry] }));
    this.asked.set(measurement.name, { measurement, samples: undefined, at: -Infinity, running: undefined });
  }

  /** Brings all gauges up to date. Never rejects. */
  async read(): Promise<void> {
    await Promise.all([...this.asked.values()].map((one) => this.refresh(one)));
    for (const gauge of this.gauges.values()) gauge.reset();
    for (const { measurement, samples = [], at } of this.asked.values()) {
      if (performance.now() - at > usable) continue;
      this.show(measurement, samples);
    }
    // A gauge with labels and no sample says nothing by itself; one without must not say 0.
    for (const [name, gauge] of this.gauges) if (!this.isLabelled(name) && !this.isSaid(name)) gauge.remove();
  }

  private show({ gauges }: Measurement, samples: readonly Sample[]): void {
    const shown = new Map<string, number>();
    for (const { metric, value, labels = {} } of samples) {
      if (!(metric in gauges) || !Number.isFinite(value)) continue;
      const count = (shown.get(metric) ?? 0) + 1;
      shown.set(metric, count);
      if (count <= maxSamples) this.gauges.get(metric)?.set(labels, value);
      else this.cut.inc({ metric });
    }
  }

  private isLabelled(name: string): boolean {
    return [...this.asked.values()].some(
      ({ measurement }) => (measurement.gauges[name]?.labels ?? []).length > 0,
    );
  }

  private isSaid(name: string): boolean {
    return [...this.asked.values()].some(
      ({ samples, at }) =>
        performance.now() - at <= usable && samples?.some(({ metric }) => metric === name) === true,
    );
  }

  private async refresh(one: Asked): Promise<void> {
    const age = performance.now() - one.at;
    if (age <= fresh) return;
    one.running ??= this.ask(one).finally(() => (one.running = undefined));
    const limit = age <= usable && one.samples !== undefined ? patience.withAnswer : patience.without;
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
      one.running,
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, limit);
      }),
    ]);
    clearTimeout(timer);
  }

  private async ask(one: Asked): Promise<void> {
    try {
      one.samples = await one.measurement.read();
      one.at = performance.now();
    } catch {
      // What cannot be read now is left out; `catena_dependency_up` says which service is away.
      one.samples = undefined;
    }
  }
}
