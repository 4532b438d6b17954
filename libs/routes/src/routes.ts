import { PermanentError } from '#kernel';
import type { ChosenRoute, Route, RouteCondition, RouteQuestion, Target } from './targets.js';

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

  /**
   * The first route that matches.
   *
   * @throws PermanentError `routes.none` when none does
   */
  routeFor(question: RouteQuestion): ChosenRoute {
    const found = this.routes.find(({ when }) => matches(when, question));
    if (found === undefined)
      throw new PermanentError(
        'routes.none',
        `Expected a route for job type ${question.jobType} and ${question.bytes} bytes in ROUTES_FILE, found that none of ${this.routes.map(({ name }) => name).join(', ')} matches. Add one without \`when\` as the last.`,
      );
    const { name: route, targets, priority } = found;
    const copies = Math.max(found.copies, question.tapeCopies ?? 1);
    if (!this.areNamed) return { route, targets: [], copies, priority };
    if (copies > targets.length)
      throw new PermanentError(
        'routes.too-few-targets',
        `Expected at least ${copies} targets in route ${route}, because the dataset asks for ${copies} copies (tapeCopies), found ${targets.length}. Add a target to the route in ROUTES_FILE, or ask for fewer copies.`,
      );
    return { route, targets: targets.slice(0, copies), copies, priority };
  }
}

function matches(
  { jobTypes, fields = {}, minBytes = 0, maxBytes = Infinity }: RouteCondition,
  question: RouteQuestion,
): boolean {
  return (
    jobTypes?.includes(question.jobType) !== false &&
    question.bytes >= minBytes &&
    question.bytes <= maxBytes &&
    Object.entries(fields).every(([field, values]) => values.includes(question.fields[field] ?? ''))
  );
}
