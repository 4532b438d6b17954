import { readFileSync } from 'node:fs';
import { Unit as Library } from 'mathjs';

/** What the library knows, which its types do not tell. */
interface LibraryUnit {
  readonly name: string;
  readonly prefixes: Readonly<Record<string, { readonly value: number }>>;
  readonly value: unknown;
  readonly dimensions: readonly number[];
}

const library = Library as unknown as {
  readonly UNITS: Readonly<Record<string, LibraryUnit>>;
  readonly BASE_DIMENSIONS: readonly string[];
  readonly UNIT_SYSTEMS: {
    readonly si: Readonly<Record<string, { readonly unit: LibraryUnit; readonly prefix: { name: string } }>>;
  };
  new (value: number, unit: string): { toSI(): { toJSON(): { value: number } } };
};

const sets = [...new Set(Object.values(library.UNITS).map(({ prefixes }) => prefixes))];

const prefixRows = sets.map((set) =>
  Object.entries(set)
    .map(([name, { value }]) => `${name}=${value}`)
    .join(' '),
);

const baseNames = library.BASE_DIMENSIONS.filter((dimension) => dimension in library.UNIT_SYSTEMS.si).map(
  (dimension) => {
    const { prefix, unit } = library.UNIT_SYSTEMS.si[dimension]!;
    return `${prefix.name}${unit.name}`;
  },
);

// The factor of VAR is imaginary: no number that a search could compare comes of it.
const real = Object.entries(library.UNITS).filter(([, { value }]) => Number.isFinite(Number(value)));
const unitRows = real.map(([name, { prefixes, value, dimensions }]) => {
  const zero = new library(0, name).toSI().toJSON().value;
  return [name, sets.indexOf(prefixes), Number(value), zero, dimensions.join(',')].join(' ');
});

const { version } = JSON.parse(readFileSync('node_modules/mathjs/package.json', 'utf8')) as {
  readonly version: string;
};

console.log(`// The units of mathjs ${version}, printed by \`npm run -s unit-table\`: not to be edited by hand.

/** Sets of prefixes, one a line: each prefix with its factor. */
export const prefixRows = \`
${prefixRows.join('\n')}
\`;

/** Base units of the SI, in the order in which their powers are listed and their names are written. */
export const baseNames = '${baseNames.join(' ')}';

/** One unit a line: name, set of prefixes, factor, its zero in SI, powers of the base units. */
export const unitRows = \`
${unitRows.join('\n')}
\`;`);
