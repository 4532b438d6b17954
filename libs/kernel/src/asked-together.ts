export interface AskedTogetherOptions {
  /** Questions that one round asks at most. Default 50. */
  readonly most?: number;
  /** Milliseconds that questions wait for a round before them; then the next one begins beside it. Default 20. */
  readonly patience?: number;
  /**
   * Milliseconds that the first question of a round waits for others. 0: until the process has looked at what has arrived already,
   * which costs nobody time and is often all of those who were answered together. Default: it waits for nobody.
   */
  readonly gathering?: number;
}

/** Rounds at the same time: no more than there are connections to be had. */
const maxRounds = 20;

interface Waiting<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Questions that come while others are under way are asked together, as soon as these are answered: alone, each is asked at
 * once; many at a time cost a round trip for dozens of them. No question joins a round that has begun, so no answer is older
 * than its question; and none waits long for a slow one.
 */
export class AskedTogether<Question, Answer> {
  private waiting: Waiting<Question, Answer>[] = [];
  /** The round that others wait for. */
  private latest: object | undefined;
  private underWay = 0;
  private alarm: NodeJS.Timeout | undefined;
  private readonly most: number;
  private readonly patience: number;
  private readonly gathering: number | undefined;
  /** Ends the gathering that is under way. */
  private stopGathering: (() => void) | undefined;

  /** @param ask resolves with the answers in the order of the questions; one that is an error fails its question alone */
  constructor(
    private readonly ask: (questions: readonly Question[]) => Promise<readonly (Answer | Error)[]>,
    { most = 50, patience = 20, gathering }: AskedTogetherOptions = {},
  ) {
    this.most = most;
    this.patience = patience;
    this.gathering = gathering;
  }

  /** @throws what the round throws, or the question's own error */
  of(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ question, resolve, reject });
      this.begin();
    });
  }

  private begin(): void {
    if (this.waiting.length === 0) return;
    if (this.stopGathering !== undefined && this.waiting.length < this.most) return;
    if (this.latest === undefined && this.underWay < maxRounds) return this.gather();
    this.alarm ??= setTimeout(() => {
      this.alarm = undefined;
      this.latest = undefined;
      this.begin();
    }, this.patience);
  }

  private gather(): void {
    const { gathering } = this;
    if (gathering === undefined || this.waiting.length >= this.most) return void this.round();
    const go = (): void => void this.round();
    if (gathering === 0) {
      const turn = setImmediate(go);
      this.stopGathering = () => clearImmediate(turn);
    } else {
      const timer = setTimeout(go, gathering);
      this.stopGathering = () => clearTimeout(timer);
    }
  }

  private async round(): Promise<void> {
    this.stopGathering?.();
    this.stopGathering = undefined;
    const asked = this.waiting.slice(0, this.most);
    this.waiting = this.waiting.slice(this.most);
    const round = {};
    this.latest = round;
    this.underWay += 1;
    clearTimeout(this.alarm);
    this.alarm = undefined;
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
    this.underWay -= 1;
    if (this.latest === round) this.latest = undefined;
    this.begin();
  }
}
