import { mongo } from 'mongoose';

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
    // Extended JSON tells a time from the text of one.
    const key = mongo.BSON.EJSON.stringify(question);
    if (key.length > longestQuestion) return find();
    if (this.answers.has(key)) return this.answers.get(key) as Answer;
    const answer = find();
    if (this.answers.size >= maxAnswers) this.answers.delete(this.answers.keys().next().value!);
    this.answers.set(key, answer);
    return answer;
  }
}
