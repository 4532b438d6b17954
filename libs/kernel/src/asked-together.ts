export interface AskedTogetherOptions {
  /** Questions that one round asks at most. Default 50. */
  readonly most?: number;
  /** Rounds at the same time. Default 1: the fuller they are, the less they cost. */
  readonly rounds?: number;
}

interface Waiting<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Questions that come while others are under way are asked together, as soon as one of these is answered: alone, each is asked at
 * once; many at a time cost a round trip for dozens of them. No question joins a round that has begun, so no answer is older
 * than its question.
 */
export class AskedTogether<Question, Answer> {
  private readonly waiting: Waiting<Question, Answer>[] = [];
  private underWay = 0;
  private readonly most: number;
  private readonly rounds: number;

  /** @param ask resolves with the answers in the order of the questions; one that is an error fails its question alone */
  constructor(
    private readonly ask: (questions: readonly Question[]) => Promise<readonly (Answer | Error)[]>,
    { most = 50, rounds = 1 }: AskedTogetherOptions = {},
  ) {
    this.most = most;
    this.rounds = rounds;
  }

  /** @throws what the round throws, or the question's own error */
  of(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ question, resolve, reject });
      this.begin();
    });
  }

  private begin(): void {
    while (this.underWay < this.rounds && this.waiting.length > 0) {
      this.underWay += 1;
      void this.round(this.waiting.splice(0, this.most)).finally(() => {
        this.underWay -= 1;
        this.begin();
      });
    }
  }

  private async round(asked: readonly Waiting<Question, Answer>[]): Promise<void> {
    try {
      const answers = await this.ask(asked.map(({ question }) => question));
      asked.forEach(({ resolve, reject }, index) => {
        const answer = answers[index];
        if (answer instanceof Error) reject(answer);
        else resolve(answer as Answer);
      });
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }
}
