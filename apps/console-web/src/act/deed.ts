/** What a person is asked beside the reason. */
export type Field =
  | {
      readonly kind: 'choice';
      readonly name: string;
      readonly label: string;
      readonly options: readonly string[];
      readonly first: number;
    }
  | {
      readonly kind: 'time';
      readonly name: string;
      readonly label: string;
      /** What holds without a time. */
      readonly orNothing: string;
      /** Nothing is done without one. */
      readonly isNeeded?: boolean;
    }
  | {
      readonly kind: 'text';
      readonly name: string;
      readonly label: string;
      readonly hint: string;
      /** Letters. */
      readonly most: number;
    }
  | {
      readonly kind: 'number';
      readonly name: string;
      readonly label: string;
      readonly first: number;
      readonly least: number;
      readonly most: number;
    }
  | { readonly kind: 'switch'; readonly name: string; readonly label: string };

/** What was filled in: the place of a choice, an ISO time or nothing, a text, a number, a switch. */
export type Values = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Said {
  readonly reason: string;
  readonly key: string;
  readonly values: Values;
  /** A person wants no more of it to begin. */
  readonly signal?: AbortSignal;
}

/** It was begun, and is not done yet: which work does it, and where that stands. */
export interface Begun {
  readonly words: string;
  /** By which the page of work shows it. */
  readonly jobId?: string;
}

/** What a deed answers: some words, or a link; or that it was only begun. */
export type Answer = string | Begun | undefined;

/** One thing that a person may do, as the dialog shows it. */
export interface Deed {
  readonly title: string;
  /** The word on the button. */
  readonly confirm: string;
  readonly what: string;
  readonly undo: string;
  /** What it is done to. */
  readonly subjects: readonly string[];
  /** What was chosen, too, but to which it is not done. */
  readonly leftOut?: readonly { readonly subject: string; readonly why: string }[];
  readonly reason: 'required' | 'optional' | 'none';
  readonly reasonLabel?: string;
  readonly isDanger?: boolean;
  readonly fields?: readonly Field[];
  /** Several calls, one after the other: a person may stop it behind the one that is under way. */
  readonly canStop?: boolean;
  /** What it answers is a link, which is shown once and kept nowhere. */
  readonly givesLink?: boolean;
  /** Does it; what it answers is said in the line that stays. @throws PartlyDone where some of it was not done */
  readonly run: (said: Said) => Promise<Answer>;
}

const longest = 500;
const shortest = 3;

export function isReason(text: string, need: Deed['reason']): boolean {
  const length = text.trim().length;
  if (need === 'none') return true;
  return (need === 'optional' && length === 0) || (length >= shortest && length <= longest);
}

/** `missing`: nothing can be done without it; `half`: it is not filled in to its end; `range`: a number that cannot be. */
export type Trouble = 'missing' | 'half' | 'range';
export type Troubles = Readonly<Record<string, Trouble | undefined>>;

/** What is wrong with fields as they were filled in: nothing is sent before it is set right. */
export function troublesOf(
  fields: readonly Field[] = [],
  values: Values,
  half: ReadonlySet<string>,
): Troubles {
  const found = fields.map(
    (field) => [field.name, troubleOf(field, values[field.name], half.has(field.name))] as const,
  );
  return Object.fromEntries(found.filter(([, trouble]) => trouble !== undefined));
}

function troubleOf(field: Field, value: Values[string], isHalf: boolean): Trouble | undefined {
  // A browser gives no value of what it cannot read, as if nothing had been filled in.
  if (isHalf) return 'half';
  if (field.kind === 'text') return typeof value === 'string' && value.trim() !== '' ? undefined : 'missing';
  if (field.kind === 'time') return field.isNeeded === true && value === undefined ? 'missing' : undefined;
  if (field.kind !== 'number') return undefined;
  if (typeof value !== 'number') return 'missing';
  const isGood = Number.isInteger(value) && value >= field.least && value <= field.most;
  return isGood ? undefined : 'range';
}

/** Names of inputs with something that the browser cannot read: a time without its hour, a number that is none. */
export function halfFilled(inputs: Iterable<object>): ReadonlySet<string> {
  const names = new Set<string>();
  for (const input of inputs) {
    const { name = '', validity } = input as Partial<Pick<HTMLInputElement, 'name' | 'validity'>>;
    if (validity?.badInput === true) names.add(name);
  }
  return names;
}

/** The first values of some fields. */
export function firstValues(fields: readonly Field[] = []): Values {
  return Object.fromEntries(
    fields.map((field) => [
      field.name,
      field.kind === 'choice' || field.kind === 'number'
        ? field.first
        : field.kind === 'switch'
          ? false
          : undefined,
    ]),
  );
}

/** A key that tells this opened dialog from any other. */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}
