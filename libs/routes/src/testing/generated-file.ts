import fc from 'fast-check';
import type { Route, Target } from '../targets.js';
import type { OptionsCheck, TargetPlace } from '../targets-in-file.js';

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
      limits: 'write' in limits ? { ...limits } : { write: 7, read: 7 },
      windows: windows.map(({ target }) => target),
      mountCost: seconds,
    },
  }));

const storage = (kind: string, options: object, more: object = {}, meant: object = more) => ({
  written: { kind, options, ...more },
  place: { kind, formerNames: [], options, ...meant },
});

const kind: fc.Arbitrary<(name: string) => Pair> = fc.oneof(
  fc
    .record({ gib: fc.nat(50), isMarked: fc.boolean(), isOld: fc.boolean(), scrub: fc.nat(24) })
    .map(({ gib, isMarked, isOld, scrub }) => (name: string) => {
      const options = { place: `/mnt/${name}`, ...(isMarked ? { marker: '.mounted' } : {}) };
      const former = isOld ? { formerNames: [`/old/${name}`] } : {};
      const written = gib === 0 ? { scrub: 'off' } : { reserve: `${gib}GiB` };
      const meant = gib === 0 ? { scrub: 'off' } : { reserve: gib * 2 ** 30 };
      const reading = {
        written:
          scrub === 0 ? {} : { scrub: { within: `${scrub}d`, bytesPerDay: '1GiB', hoursPerDay: scrub } },
        meant:
          scrub === 0
            ? {}
            : { scrub: { within: scrub * 86_400_000, bytesPerDay: 2 ** 30, hoursPerDay: scrub } },
      };
      return storage(
        'share',
        options,
        { ...former, ...written, ...reading.written },
        { ...former, ...meant, ...reading.meant },
      );
    }),
  fc
    .integer({ min: 1, max: 40 })
    .map((drives) => (name: string) => storage('tape', { place: `/tapes/${name}`, drives })),
  fc.constant((name: string) => storage('s3', { place: `https://s3/${name}`, cold: { days: 3 } })),
  fc.constant((name: string) => storage('command', { place: `/spool/${name}`, put: ['program', '{file}'] })),
  fc.constant(() => ({
    written: { kind: 'outside' },
    place: { kind: 'outside', formerNames: [], options: {} },
  })),
);

/** Says of options what adapters do. */
export const adapters: OptionsCheck = ({ options }) => {
  const known = ['place', 'marker', 'drives', 'cold', 'put', 'commands'];
  const cold = Object.keys(options['cold'] ?? {}).map((key) => `cold.${key}`);
  const problems = [...Object.keys(options), ...cold]
    .filter((key) => !known.includes(key) && key !== 'cold.days')
    .map((key) => ({ key, problem: `Expected one of the options ${known.join(', ')}, found "${key}".` }));
  const { place } = options;
  const isPlaced = typeof place === 'string' && /^(\/|https:)/.test(place);
  return isPlaced
    ? problems
    : [...problems, { key: 'place', problem: 'Expected an absolute path as place.' }];
};

const targetsIn = fc
  .uniqueArray(
    fc.stringMatching(/^[a-z0-9-]{1,12}$/).filter((name) => name !== 'lts'),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .chain((names) => fc.tuple(...names.map((name) => fc.tuple(fc.constant(name), kind, shared))))
  .map((found) =>
    found.map(([name, make, { written, target }]) => {
      const { written: how, place } = make(name);
      return {
        written: { name, ...how, ...written },
        target: { name, kind: (place as TargetPlace).kind, ...target } as Target,
        place: {
          ...{ name, ...place },
          ...('mountCost' in written ? { mountCost: (target as Target).mountCost } : {}),
        } as TargetPlace,
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
            priority: priority,
            mail,
          } satisfies Route,
        };
      }),
    );

/** Any file that is in order, as an object, and what it means. */
export const routesFileIn = targetsIn
  .filter((targets) => targets.some(({ target }) => target.kind !== 'outside'))
  .chain((targets) => {
    const reached = targets.filter(({ target }) => target.kind !== 'outside');
    return fc.tuple(fc.constant(targets), routesTo(reached.map(({ target }) => target.name)));
  })
  .map(([targets, routes]) => ({
    file: { targets: targets.map(({ written }) => written), routes: routes.map(({ written }) => written) },
    expected: {
      reading: { limit: 7, check: adapters },
      parsed: {
        targets: targets.map(({ target }) => target),
        routes: routes.map(({ route }) => route),
        places: targets.map(({ place }) => place),
      },
    },
  }));
