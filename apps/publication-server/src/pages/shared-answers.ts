export interface Ages {
  /** Milliseconds an answer counts as new. */
  readonly fresh: number;
  /** Milliseconds an answer is given at all: meanwhile a newer one is made behind the scenes. */
  readonly stale: number;
}

interface Kept<Answer> {
  at: number;
  answer: Promise<Answer>;
  /** What was answered before, to make the next one from. */
  settled: Answer | undefined;
  renewing: boolean;
}

/** Answers that are dear to make and may be some seconds old: made once for all who ask meanwhile. */
export class SharedAnswers<Answer> {
  private readonly kept = new Map<string, Kept<Answer>>();

  constructor(
    private readonly ages: Ages,
    private readonly most: number,
    private readonly now: () => number,
  ) {}

  get(key: string, make: (before: Answer | undefined) => Promise<Answer>): Promise<Answer> {
    const known = this.kept.get(key);
    const age = known === undefined ? Infinity : this.now() - known.at;
    if (known === undefined || age >= this.ages.stale) return this.renew(key, known?.settled, make);
    if (age >= this.ages.fresh && !known.renewing) {
      known.renewing = true;
      // A failure is seen by those who ask when the old answer is too old.
      make(known.settled).then(
        (answer) => this.keep(key, Promise.resolve(answer), answer),
        () => (known.renewing = false),
      );
    }
    return known.answer;
  }

  private renew(
    key: string,
    before: Answer | undefined,
    make: (before: Answer | undefined) => Promise<Answer>,
  ): Promise<Answer> {
    const answer = make(before);
    const kept = this.keep(key, answer, before);
    answer.then(
      (settled) => (kept.settled = settled),
      () => this.kept.get(key) === kept && this.kept.delete(key),
    );
    return answer;
  }

  private keep(key: string, answer: Promise<Answer>, settled: Answer | undefined): Kept<Answer> {
    const kept = { at: this.now(), answer, settled, renewing: false };
    this.kept.delete(key);
    this.kept.set(key, kept);
    if (this.kept.size > this.most) this.kept.delete(this.kept.keys().next().value as string);
    return kept;
  }
}
