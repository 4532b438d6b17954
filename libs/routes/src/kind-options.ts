import type { FileValue } from './file-reading.js';
import type { TargetKind } from './targets.js';
import {
  anyNumber,
  anyText,
  anyWord,
  commandWords,
  oneOf,
  size,
  time,
  wholeNumber,
  yesOrNo,
  type Reader,
} from './values.js';

/** A setting of an adapter, as its kind declares it. Sizes are bytes, durations milliseconds. */
export type OptionValue = string | number | boolean | readonly string[];
export type TargetOptions = Readonly<Record<string, OptionValue>>;

interface Option {
  readonly read: Reader<OptionValue>;
  /** For a setting that has to be there: what it may look like. */
  readonly example?: string;
}

interface Kind {
  /** What `place` is of this kind; undefined where it has none. */
  readonly place?: { readonly expected: string; readonly pattern: RegExp; readonly example: string };
  readonly options: Readonly<Record<string, Option>>;
}

const absolutePath = { expected: 'an absolute path', pattern: /^\/.+/ };

/** What each kind of target is reached by. Adapters of `#long-term-storage` take what is declared here. */
export const kinds: Readonly<Record<TargetKind, Kind>> = {
  share: {
    place: { ...absolutePath, example: '/mnt/disk' },
    options: { hardLinks: { read: yesOrNo } },
  },
  tape: {
    place: { ...absolutePath, example: '/data/tapes' },
    options: {
      drives: { read: wholeNumber(1, 1000) },
      cartridge: { read: size },
      speed: { read: size },
      scale: { read: anyNumber(0, 1000) },
    },
  },
  s3: {
    place: {
      expected: 'an address http(s)://<host>[:<port>]/<bucket>[/<prefix>]',
      pattern: /^https?:\/\/[^/\s@]+\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/\S*)?$/,
      example: 'https://s3.example.org/cold-copies',
    },
    options: {
      region: { read: anyText },
      accessKey: { read: anyText, example: 'catena' },
      secretKeyFile: { read: absoluteFile, example: '/run/secrets/cold-copies' },
      storageClass: { read: anyText },
      restoreDays: { read: wholeNumber(1, 365) },
      restoreTier: { read: oneOf(['Expedited', 'Standard', 'Bulk']) },
      restorePause: { read: time },
    },
  },
  command: {
    options: {
      put: { read: commandWords, example: "[dsmc, archive, '{file}']" },
      get: { read: commandWords, example: "[dsmc, retrieve, '{file}']" },
      stat: { read: commandWords, example: "[dsmc, query, '{file}']" },
      remove: { read: commandWords, example: "[dsmc, delete, '{file}']" },
      spool: { read: absoluteFile, example: '/var/spool/catena' },
      timeout: { read: time },
      node: { read: anyWord },
    },
  },
  outside: { options: {} },
};

function absoluteFile(value: FileValue): string | undefined {
  const path = value.plain;
  return typeof path === 'string' && path.startsWith('/')
    ? path
    : value.refuse('an absolute path', 'Write the whole path.');
}

const secretAdvice = 'Secrets do not stand in this file: write it into a file of its own, and name that as ';

/** What is told of settings that people look for in vain. */
export const optionAdvice: Readonly<Record<string, string>> = {
  secretKey: `${secretAdvice}\`secretKeyFile\`.`,
  password: `${secretAdvice}\`secretKeyFile\`.`,
};

/** The settings of a target, checked against those that its kind has. */
export function readOptions(kind: TargetKind, value: FileValue): TargetOptions | undefined {
  const declared = kinds[kind].options;
  const entry = value.entry(Object.keys(declared), optionAdvice);
  if (entry === undefined) return undefined;
  const options: Record<string, OptionValue> = {};
  for (const [name, { read, example }] of Object.entries(declared)) {
    const found = example === undefined ? entry.optional(name, read) : entry.required(name, read, example);
    if (found !== undefined) options[name] = found;
  }
  return options;
}

/** Whether a kind cannot do without settings. */
export function needsOptions(kind: TargetKind): boolean {
  return Object.values(kinds[kind].options).some(({ example }) => example !== undefined);
}
