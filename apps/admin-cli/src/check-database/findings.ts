export type FindingKind =
  'unknown field' | 'broken reference' | 'wrong total' | 'rights of a block' | 'missing index';

/** One thing in the database that is not as Catena would have written it. */
export interface Finding {
  readonly kind: FindingKind;
  readonly collection: string;
  /** What is odd about the documents: findings with the same subject are told together. */
  readonly subject: string;
  /** Document that shows it. */
  readonly id: string;
  /** What was found there, and what was expected. */
  readonly detail: string;
  /** How many documents are so; one unless said. */
  readonly documents?: number;
}

/** All findings of one subject, as many as there may be: numbers and a few examples. */
export interface FindingGroup {
  readonly kind: FindingKind;
  readonly collection: string;
  readonly subject: string;
  readonly documents: number;
  readonly repaired: number;
  readonly examples: readonly { readonly id: string; readonly detail: string }[];
}

const maxExamples = 5;

/** Collects findings in bounded memory. */
export class Findings {
  private readonly groups = new Map<string, FindingGroup>();

  add({ kind, collection, subject, id, detail, documents = 1 }: Finding, repaired = false): void {
    const key = JSON.stringify([kind, collection, subject]);
    const group = this.groups.get(key) ?? {
      kind,
      collection,
      subject,
      documents: 0,
      repaired: 0,
      examples: [],
    };
    this.groups.set(key, {
      ...group,
      documents: group.documents + documents,
      repaired: group.repaired + (repaired ? documents : 0),
      examples: group.examples.length < maxExamples ? [...group.examples, { id, detail }] : group.examples,
    });
  }

  list(): FindingGroup[] {
    return [...this.groups.values()];
  }

  /** Findings that an operator should look at. Unknown fields are none: they are kept and handed on as they are. */
  open(): number {
    return this.list()
      .filter(({ kind }) => kind !== 'unknown field')
      .reduce((sum, { documents, repaired }) => sum + documents - repaired, 0);
  }
}

const remedies: Readonly<Record<FindingKind, string>> = {
  'unknown field': 'kept and handed on as it is',
  'broken reference': 'left alone: only you know whether the document or the reference is wrong',
  'wrong total': 'set with --apply',
  'rights of a block': 'copied from the dataset with --apply',
  'missing index': 'created with --apply, or by catalog-api when it starts',
};

/** One line for people: what, how often, one example, what becomes of it. */
export function lineOf({ kind, collection, subject, documents, repaired, examples }: FindingGroup): string {
  const [example] = examples;
  const shown = example === undefined ? '' : ` (${JSON.stringify(example.id)}: ${example.detail})`;
  const rest =
    repaired === documents ? 'repaired' : `${repaired > 0 ? `${repaired} repaired; ` : ''}${remedies[kind]}`;
  return `${kind}: ${collection} ${subject}: ${documents}${shown}; ${rest}`;
}
