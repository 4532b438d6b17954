/** Who has a copy in the retrieval bucket kept, and until when. */
export interface Pin {
  /** The job; empty where pins were merged, or the copy is from before 0.8. */
  readonly job: string;
  /** Whose quota it counts in; empty: nobody's. */
  readonly group: string;
  /** Since when the job has it. */
  readonly since: Date;
  readonly until: Date;
  /** Of the job's request that last kept it for longer; absent: none did. */
  readonly number?: number;
  /** The audit entry of an operator's word; absent: a job asked. */
  readonly entry?: string;
  /** Bytes that the job wants in the bucket in all; absent: no more than it has. */
  readonly together?: number;
}

/** Pins of one copy: beyond it the least lasting ones are merged, which never lets a copy go earlier. */
export const maxPins = 100;

/** What a record says of its pins. An archiver of 0.7 knows only the end: what is beyond the pins is one of nobody. */
export function pinsOf({
  pins = [],
  expiresAt,
}: {
  readonly pins?: readonly Pin[];
  readonly expiresAt?: Date;
}): readonly Pin[] {
  if (expiresAt === undefined || pins.some(({ until }) => until >= expiresAt)) return pins;
  return [...pins, { job: '', group: '', since: expiresAt, until: expiresAt }];
}

/** Never shortens one that the job has. What is over goes. */
export function withPin(
  pins: readonly Pin[],
  { job, group, until, number, together, entry }: Pin,
  now: Date,
): readonly Pin[] {
  const own = pins.find((pin) => pin.job === job && pin.until > now);
  const pin = {
    ...{ job, group, since: own?.since ?? now },
    until: own !== undefined && own.until > until ? own.until : until,
    ...known({ number: number ?? own?.number, together: together ?? own?.together }),
    ...(entry === undefined ? {} : { entry }),
  };
  const all = [...pins.filter((one) => one.job !== job && one.until > now), pin];
  return all.length <= maxPins ? all : merged(all);
}

export function withoutPin(pins: readonly Pin[], job: string, now: Date): readonly Pin[] {
  return pins.filter((pin) => pin.job !== job && pin.until > now);
}

/** The end of the copy: that of the pin that lasts longest; without one, now. */
export function endOf(pins: readonly Pin[], now: Date): Date {
  return pins.reduce((end, { until }) => (until > end ? until : end), now);
}

function known({
  number,
  together,
}: Record<'number' | 'together', number | undefined>): Pick<Pin, 'number' | 'together'> {
  return {
    ...(number === undefined ? {} : { number }),
    ...(together === undefined ? {} : { together }),
  };
}

/** The least lasting one becomes part of the next one of its group, so that the group goes on counting. */
function merged(pins: readonly Pin[]): readonly Pin[] {
  const [least, ...others] = [...pins].sort((one, other) => one.until.getTime() - other.until.getTime());
  const next = others.find(({ group }) => group === least?.group) ?? others[0];
  return others.map((pin) => (pin === next ? { ...pin, job: '' } : pin));
}
