/** What a person is asked beside the reason. */
export type Field =
  | {
      readonly kind: 'choice';
      readonly name: string;
      readonly label: string;
      readonly options: readonly string[];
      readonly first: number;
    }
  | { readonly kind: 'time'; readonly name: string; readonly label: string; readonly orNothing: string }
  | {
      readonly kind: 'number';
      readonly name: string;
      readonly label: string;
      readonly first: number;
      readonly least: number;
      readonly most: number;
    }
  | { readonly kind: 'switch'; readonly name: string; readonly label: string };

/** What was filled in: the place of a choice, an ISO time or nothing, a number, a switch. */
export type Values = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Said {
  readonly reason: string;
  readonly key: string;
  readonly values: Values;
}

/** One thing that a person may do, as the dialog shows it. */
export interface Deed {
  readonly title: string;
  /** The word on the button. */
  readonly confirm: string;
  readonly what: string;
  readonly undo: string;
  /** What it is done to. */
  readonly subjects: readonly string[];
  readonly reason: 'required' | 'optional' | 'none';
  readonly reasonLabel?: string;
  readonly isDanger?: boolean;
  readonly fields?: readonly Field[];
  /** Does it; what it answers is said in the line that stays. */
  readonly run: (said: Said) => Promise<string | undefined>;
}

const longest = 500;
const shortest = 3;

export function isReason(text: string, need: Deed['reason']): boolean {
  const length = text.trim().length;
  if (need === 'none') return true;
  return (need === 'optional' && length === 0) || (length >= shortest && length <= longest);
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
