/** What tabs tell one another about who listens for all of them. */
export type ElectionWord =
  /** "I listen." Every two seconds, and at once when one asks. */
  | { readonly kind: 'lead'; readonly from: string }
  /** "Does anyone listen? If not, I do." */
  | { readonly kind: 'claim'; readonly from: string }
  /** "I go; one of you listens now." */
  | { readonly kind: 'leave'; readonly from: string };

export type Role = 'follower' | 'candidate' | 'leader';

export interface Election {
  readonly id: string;
  readonly role: Role;
  /** Milliseconds: when a leader was heard last, or the claim was made. */
  readonly heardAt: number;
}

export interface Step {
  readonly next: Election;
  readonly say?: ElectionWord;
}

/** Milliseconds. */
const beat = 2000;
/** After which a leader counts as gone: a tab in the background may be slow, and answers a claim all the same. */
export const silence = 5000;
/** For which a claim may be answered. */
export const grace = 600;

export function newcomer(id: string, at: number): Step {
  return { next: { id, role: 'candidate', heardAt: at }, say: { kind: 'claim', from: id } };
}

/** Of two tabs that both listen, or both want to, the one whose id comes first does. */
export function heard(election: Election, word: ElectionWord, at: number): Step {
  const { id, role } = election;
  if (word.from === id) return { next: election };
  switch (word.kind) {
    case 'lead':
      if (role === 'leader' && id < word.from) return { next: election, say: { kind: 'lead', from: id } };
      return { next: { id, role: 'follower', heardAt: at } };
    case 'claim':
      if (role === 'leader') return { next: election, say: { kind: 'lead', from: id } };
      if (role === 'candidate' && id < word.from) return { next: election, say: { kind: 'claim', from: id } };
      return { next: { id, role: 'follower', heardAt: at } };
    case 'leave':
      return role === 'leader' ? { next: election } : newcomer(id, at);
  }
}

/** Time has passed: a leader says that it is there; the others see whether one still is. */
export function passed(election: Election, at: number): Step {
  const { id, role, heardAt } = election;
  if (role === 'leader') return { next: election, say: { kind: 'lead', from: id } };
  if (role === 'candidate')
    return at - heardAt < grace
      ? { next: election }
      : { next: { id, role: 'leader', heardAt: at }, say: { kind: 'lead', from: id } };
  return at - heardAt < silence ? { next: election } : newcomer(id, at);
}

/** Milliseconds until {@link passed} is due. */
export function nextLook({ role }: Election): number {
  return role === 'candidate' ? grace : beat;
}
