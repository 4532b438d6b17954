import { parseArgs } from 'node:util';

const PARTS = ['static', 'nodes', 'unit', 'int', 'flows'] as const;
export type Part = (typeof PARTS)[number];

const USAGE = `Usage: npm test [-- --only PART] [-- --grep FILE_PART]

  --only PART        one of ${PARTS.join(', ')}; by default all, in this order
                     (nodes: the unit tests on Node 24, or on 22 where this is 24; npm fetches it)
  --grep FILE_PART   only test files whose path contains this`;

export interface CheckArguments {
  /** What to print instead of running anything. */
  readonly help?: string;
  readonly parts: readonly Part[];
  readonly grep: string;
}

export function parseArguments(parameters: readonly string[]): CheckArguments {
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      only: { type: 'string' },
      grep: { type: 'string', default: '' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return { parts: [], grep: '', help: USAGE };
  const only = values.only;
  if (only === undefined) return { parts: values.grep === '' ? PARTS : PARTS.slice(2), grep: values.grep };
  const part = PARTS.find((name) => name === only);
  if (part === undefined) throw new Error(`there is no part "${only}"\n${USAGE}`);
  return { parts: [part], grep: values.grep };
}
