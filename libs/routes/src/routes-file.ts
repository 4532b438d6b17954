import { readFileSync } from 'node:fs';
import { messageOf, refuse, type Environment } from '#kernel';
import { FileReading } from './file-reading.js';
import { Routes } from './routes.js';
import { readRoutes } from './routes-in-file.js';
import { readTargets, type ReadingOptions, type TargetPlace } from './targets-in-file.js';

/** What ROUTES_FILE says: to job-assembler, and to archivers. */
export interface RoutesFile {
  readonly routes: Routes;
  readonly places: readonly TargetPlace[];
}

/** Undefined without ROUTES_FILE; what is wrong in it is refused, all at once, and then it says nothing. */
export function routesFileFrom(environment: Environment, options: ReadingOptions): RoutesFile | undefined {
  const file = environment['ROUTES_FILE'] ?? '';
  if (file === '') return undefined;
  const nothing: RoutesFile = { routes: new Routes([], [], true), places: [] };
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    refuse(
      environment,
      `Expected the targets and routes in ${file} (ROUTES_FILE), found ${messageOf(error)}.`,
    );
    return nothing;
  }
  const { problems, ...found } = parseRoutesFile(text, file, options);
  if (problems.length === 0) return found;
  refuse(environment, ...problems);
  return nothing;
}

/** @param file its name, for people */
export function parseRoutesFile(
  text: string,
  file: string,
  options: ReadingOptions,
): RoutesFile & { readonly problems: readonly string[] } {
  const reading = new FileReading(file, text);
  const entry = reading.root?.entry(['targets', 'routes']);
  const targets = entry?.required('targets', (value) => readTargets(value, options), '[…]') ?? [];
  // Those that were refused for something else are not called unknown as well.
  const named = entry?.value('targets')?.plain;
  const names = Array.isArray(named)
    ? named.map((one: unknown) => (one as { name?: unknown } | null)?.name)
    : [];
  const all = names.filter((name): name is string => typeof name === 'string');
  const outside = targets.filter(({ target }) => target.kind === 'outside').map(({ target }) => target.name);
  const routes = entry?.required('routes', (value) => readRoutes(value, { all, outside }), '[…]') ?? [];
  return {
    routes: new Routes(
      targets.map(({ target }) => target),
      routes.map(({ route }) => route),
      true,
    ),
    places: targets.map(({ place }) => place),
    problems: reading.problems,
  };
}
