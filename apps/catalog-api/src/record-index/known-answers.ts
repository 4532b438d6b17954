/** Answers that are kept; one is a list of facets at most. */
const maxAnswers = 200;
/** Characters of a question that is remembered; longer ones name thousands of records. */
const longestQuestion = 10_000;

/** What was found lately, for as long as nothing has changed. */
export class KnownAnswers {
  private readonly answers = new Map<string, unknown>();
  private version = -1;

  /** @param question all that the answer depends on, beside the version */
  of<Answer>(version: number, question: object, find: () => Answer): Answer {
    if (version !== this.version) {
      this.answers.clear();
      this.version = version;
    }
    const key = keyOf(question);
    if (key.length > longestQuestion) return find();
    if (this.answers.has(key)) return this.answers.get(key) as Answer;
    const answer = find();
    if (this.answers.size >= maxAnswers) this.answers.delete(this.answers.keys().next().value!);
    this.answers.set(key, answer);
    return answer;
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
