/** Answers that are kept. */
const maxAnswers = 200;
/** Values in all of them: facets may have thousands. */
const maxValues = 100_000;
/** Characters of a question that is remembered; longer ones name thousands of records. */
const longestQuestion = 10_000;

/** What was found lately, for as long as nothing has changed. */
export class KnownAnswers {
  private readonly answers = new Map<string, unknown>();
  private version = -1;
  private values = 0;

  /**
   * @param question all that the answer depends on, beside the version
   * @param sizeOf values in an answer
   */
  of<Answer>(
    version: number,
    question: object,
    find: () => Answer,
    sizeOf: (answer: Answer) => number = () => 1,
  ): Answer {
    if (version !== this.version) this.forget(version);
    const key = keyOf(question);
    if (key.length > longestQuestion) return find();
    if (this.answers.has(key)) return this.answers.get(key) as Answer;
    const answer = find();
    const size = sizeOf(answer);
    if (this.values + size > maxValues) this.forget(version);
    if (this.answers.size >= maxAnswers) this.answers.delete(this.answers.keys().next().value!);
    this.answers.set(key, answer);
    this.values += size;
    return answer;
  }

  private forget(version: number): void {
    this.answers.clear();
    this.version = version;
    this.values = 0;
  }
}

/** The question as a text; times, ids and patterns are told from texts that look like them. */
function keyOf(question: object): string {
  return JSON.stringify(question, function (this: Readonly<Record<string, unknown>>, name, value: unknown) {
    const asked = this[name];
    if (typeof asked !== 'object' || asked === null || Array.isArray(asked)) return value;
    if (Object.getPrototypeOf(asked) === Object.prototype) return value;
    return { kind: asked.constructor.name, text: asked instanceof Date ? asked.getTime() : String(asked) };
  });
}
