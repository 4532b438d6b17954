import fc from 'fast-check';
import type { Priority, Route, Target } from '../targets.js';
import type { TargetPlace } from '../targets-in-file.js';

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const priorities = ['urgent', 'normal', 'background'] as const;
const some = <T>(of: readonly T[], least = 0, most = of.length) =>
  fc.subarray([...of], { minLength: least, maxLength: most });
const maybe = <T extends object>(of: fc.Arbitrary<T>) => fc.option(of, { nil: {} });
const twoDigits = (number: number): string => String(number).padStart(2, '0');
const clock = (minutes: number): string =>
  `${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`;

/** What is written, and what it means. */
interface Pair {
  readonly written: object;
  readonly target?: object;
  readonly place?: object;
}

const weekly: fc.Arbitrary<Pair> = fc
  .record({ days: some([1, 2, 3, 4, 5, 6, 7], 1), from: fc.nat(1439), to: fc.nat(1439) })
  .map(({ days: on, from, to }) => ({
    written: {
      days: on.map((day) => days[day - 1]),
      hours: `${clock(from)}-${clock(to)}`,
      timeZone: 'Europe/Zurich',
      reason: 'r',
    },
    target: { kind: 'weekly', days: on, from, to, timeZone: 'Europe/Zurich', reason: 'r' },
  }));

const once: fc.Arbitrary<Pair> = fc
  .record({ from: fc.nat(500_000), length: fc.integer({ min: 1, max: 10_000 }) })
  .map(({ from, length }) => {
    const [first, last] = [from, from + length].map((minutes) => new Date(1.8e12 + minutes * 60_000));
    const shown = (moment: Date): string => moment.toISOString().slice(0, 16);
    return {
      written: { from: shown(first!), to: shown(last!), timeZone: 'UTC' },
      target: { kind: 'once', from: first, to: last, reason: 'maintenance' },
    };
  });

const shared: fc.Arbitrary<Pair> = fc
  .tuple(
    maybe(fc.record({ write: fc.integer({ min: 1, max: 99 }), read: fc.integer({ min: 1, max: 99 }) })),
    fc.array(fc.oneof(weekly, once), { maxLength: 3 }),
    fc.nat(900),
  )
  .map(([limits, windows, seconds]) => ({
    written: {
      ...('write' in limits ? { limits } : {}),
      ...(windows.length === 0 ? {} : { windows: windows.map(({ written }) => written) }),
      ...(seconds === 0 ? {} : { mountCost: `${seconds}s` }),
    },
    target: {
      limits: 'write' in limits ? limits : { write: 7, read: 7 },
      windows: windows.map(({ target }) => target),
      mountCost: seconds,
    },
  }));

const placed = fc.record({ gib: fc.nat(50), marker: fc.boolean(), former: fc.boolean() });
const argv = ['program', '{file}'];

const kind: fc.Arbitrary<(name: string) => Pair> = fc.oneof(
  placed.map(({ gib, marker, former }) => (name: string) => {
    const more = {
      ...(marker ? { marker: '.mounted' } : {}),
      ...(former ? { formerNames: [`/old/${name}`] } : {}),
    };
    return {
      written: {
        kind: 'share',
        place: `/mnt/${name}`,
        ...more,
        ...(gib === 0 ? {} : { reserve: `${gib}GiB` }),
      },
      place: {
        kind: 'share',
        place: `/mnt/${name}`,
        formerNames: [],
        options: {},
        ...more,
        ...(gib === 0 ? {} : { reserve: gib * 2 ** 30 }),
      },
    };
  }),
  fc.integer({ min: 1, max: 40 }).map((drives) => (name: string) => ({
    written: { kind: 'tape', place: `/tapes/${name}`, options: { drives, cartridge: '18TiB' } },
    place: {
      kind: 'tape',
      place: `/tapes/${name}`,
      formerNames: [],
      options: { drives, cartridge: 18 * 2 ** 40 },
    },
  })),
  fc.constant((name: string) => {
    const options = { accessKey: 'a', secretKeyFile: '/run/secrets/s3' };
    return {
      written: { kind: 's3', place: `https://s3.example.org/${name}-bucket`, options },
      place: { kind: 's3', place: `https://s3.example.org/${name}-bucket`, formerNames: [], options },
    };
  }),
  fc.constant(() => {
    const options = { put: argv, get: argv, stat: argv, remove: argv, spool: '/var/spool/catena' };
    return { written: { kind: 'command', options }, place: { kind: 'command', formerNames: [], options } };
  }),
  fc.constant(() => ({
    written: { kind: 'outside' },
    place: { kind: 'outside', formerNames: [], options: {} },
  })),
);

const targetsIn = fc
  .uniqueArray(fc.stringMatching(/^[a-z0-9-]{1,12}$/), { minLength: 1, maxLength: 6 })
  .chain((names) => fc.tuple(...names.map((name) => fc.tuple(fc.constant(name), kind, shared))))
  .map((found) =>
    found.map(([name, make, { written, target }]) => {
      const { written: how, place } = make(name);
      return {
        written: { name, ...how, ...written },
        target: { name, kind: (place as TargetPlace).kind, ...target } as Target,
        place: { name, ...place } as TargetPlace,
      };
    }),
  );

/** Of each route another owner group, so that none takes what is another one's; the last one takes the rest. */
const routesTo = (targets: readonly string[]) =>
  fc
    .array(
      fc.record({
        to: some(targets, 1),
        copies: fc.integer({ min: 1, max: 4 }),
        priority: fc.constantFrom(0, 1, 2),
        mail: some(['owner', 'a@example.org']),
        mib: fc.nat(9),
        jobTypes: some(['archive', 'retrieve']),
      }),
      { minLength: 1, maxLength: 5 },
    )
    .map((found) =>
      found.map(({ to, copies: wanted, priority, mail, mib, jobTypes }, index) => {
        const [name, copies] = [`route-${index}`, Math.min(wanted, to.length)];
        const isLast = index === found.length - 1;
        const fields = { ownerGroup: [`p${index}`] };
        const types = jobTypes.length === 0 ? {} : { jobTypes };
        const when = isLast ? {} : { fields, minSize: `${mib}MiB`, ...types };
        const meant = isLast ? {} : { fields, minBytes: mib * 2 ** 20, ...types };
        return {
          written: {
            name,
            ...(isLast ? {} : { when }),
            targets: to,
            copies,
            priority: priorities[priority],
            ...(mail.length === 0 ? {} : { mail }),
          },
          route: {
            name,
            when: meant,
            targets: to,
            copies,
            priority: priority as Priority,
            mail,
          } satisfies Route,
        };
      }),
    );

/** Any file that is in order, as an object, and what it means. */
export const routesFileIn = targetsIn
  .chain((targets) => fc.tuple(fc.constant(targets), routesTo(targets.map(({ target }) => target.name))))
  .map(([targets, routes]) => ({
    file: { targets: targets.map(({ written }) => written), routes: routes.map(({ written }) => written) },
    expected: {
      limit: 7,
      parsed: {
        targets: targets.map(({ target }) => target),
        routes: routes.map(({ route }) => route),
        places: targets.map(({ place }) => place),
      },
    },
  }));
