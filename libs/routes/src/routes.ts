import { PermanentError } from '#kernel';
import type { ChosenRoute, ReadingRoute, Route, RouteCondition, RouteQuestion, Target } from './targets.js';

/** The one target of an installation without ROUTES_FILE: whatever storages its archivers have. */
export const onlyTarget = 'lts';
/** The one route of an installation without ROUTES_FILE. */
export const onlyRoute = 'default';

/** All targets and routes of an installation. */
export class Routes {
  /**
   * @param areNamed false where there is no ROUTES_FILE: then commands name no targets
   */
  constructor(
    readonly targets: readonly Target[],
    readonly routes: readonly Route[],
    readonly areNamed: boolean,
  ) {}

  target(name: string): Target | undefined {
    return this.targets.find((target) => target.name === name);
  }

  /** Whom routes name for mails, each once; routes that the file does not have any more name nobody. */
  mailOf(names: Iterable<string>): string[] {
    const wanted = new Set(names);
    return [...new Set(this.routes.filter(({ name }) => wanted.has(name)).flatMap(({ mail }) => mail))];
  }

  /** Whether others operate the target. */
  isOutside(name: string): boolean {
    return this.areNamed && this.target(name)?.kind === 'outside';
  }

  /** Names of the targets that others operate. */
  get outside(): string[] {
    return this.targets.filter(({ kind }) => kind === 'outside').map(({ name }) => name);
  }

  /** Names that are no target of this installation, each once: work and copies on them wait until they are back. */
  unknownAmong(names: Iterable<string>): string[] {
    return [...new Set(names)]
      .filter((name) => this.target(name) === undefined && name !== onlyTarget)
      .sort();
  }

  /** Whether the route of a job of this type depends on its datasets. */
  asksOfDatasets(jobType: string): boolean {
    return this.routes.some(
      ({ when: { jobTypes, fields, minBytes, maxBytes } }) =>
        jobTypes?.includes(jobType) !== false &&
        (fields !== undefined || minBytes !== undefined || maxBytes !== undefined),
    );
  }

  /**
   * Where a dataset's copies go: the first route that matches.
   *
   * @throws PermanentError `routes.none`, `routes.too-few-targets`
   */
  routeFor(question: RouteQuestion): ChosenRoute {
    const found = this.matching(question);
    if (found === undefined)
      throw new PermanentError(
        'routes.none',
        `Expected a route for job type ${question.jobType}, owner group ${JSON.stringify(question.fields['ownerGroup'] ?? '')} and ${question.bytes} bytes in ROUTES_FILE, found that none of ${this.routes.map(({ name }) => name).join(', ')} matches. Ask the operators for one; a route without \`when\` as the last one takes what no other does.`,
      );
    const { name: route, targets, priority } = found;
    // Without the file only archivers know how many storages there are: one with too few refuses what the job asks for.
    if (!this.areNamed) {
      const asked = Math.max(found.copies, question.copiesOfJob ?? 1);
      return { route, targets: [], copies: asked, priority };
    }
    const copies = Math.max(found.copies, question.tapeCopies ?? 1);
    if (copies > targets.length)
      throw new PermanentError(
        'routes.too-few-targets',
        `Expected at least ${copies} targets in route ${route}, because the dataset asks for ${copies} copies (tapeCopies), found ${targets.length}. Add a target to the route in ROUTES_FILE, or ask for fewer copies.`,
      );
    return { route, targets: targets.slice(0, copies), copies, priority };
  }

  /**
   * How a datablock is read whose copies lie on some targets: in the order of the route that matches, and in their own order where
   * it does not name them. What is archived can be read whether or not a route matches.
   *
   * What others operate is no place that archivers read: such copies are recalled where no other one is good.
   *
   * @param places where its copies lie; none: that is not known, and all targets of the route are asked
   */
  readingFor(question: RouteQuestion, places: readonly string[] = []): ReadingRoute {
    const { name: route, targets: all, priority } = this.matching(question) ?? this.routes.at(-1) ?? fallback;
    const targets = all.filter((name) => !this.isOutside(name));
    if (!this.areNamed) return { route, targets: [], priority };
    if (places.length === 0) return { route, targets, priority };
    const first = targets.filter((name) => places.includes(name));
    return { route, targets: [...new Set([...first, ...places])], priority };
  }

  private matching(question: RouteQuestion): Route | undefined {
    return this.routes.find(({ when }) => matches(when, question));
  }
}

const fallback = { name: onlyRoute, targets: [], priority: 1 } as const;

function matches(
  { jobTypes, fields = {}, minBytes = 0, maxBytes = Infinity }: RouteCondition,
  question: RouteQuestion,
): boolean {
  return (
    jobTypes?.includes(question.jobType) !== false &&
    question.bytes >= minBytes &&
    question.bytes <= maxBytes &&
    Object.entries(fields).every(([field, values]) =>
      [question.fields[field] ?? []].flat().some((value) => values.includes(value)),
    )
  );
}
