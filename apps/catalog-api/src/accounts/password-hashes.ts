import { compare, hash } from '@node-rs/bcrypt';
import { Injectable } from '@nestjs/common';
import { Refusal } from '../domain/errors.js';

/** As SciCat's hashes. */
const cost = 10;
/** Of the four threads that a process has for files, names and hashes. */
const maxAtOnce = 2;
/** More would wait longer than a person does: they are told at once. */
const maxWaiting = 100;

/** Passwords are hashed and compared beside the event loop, a few at once: nobody else waits for a sign-in. */
@Injectable()
export class PasswordHashes {
  private underWay = 0;
  private readonly waiting: (() => void)[] = [];

  of(password: string): Promise<string> {
    return this.inTurn(() => hash(password, { cost }));
  }

  /** Whether it is the password of this hash; false for a hash that is none. */
  match(password: string, stored: string): Promise<boolean> {
    return this.inTurn(() => compare(password, stored));
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.underWay >= maxAtOnce) {
      if (this.waiting.length >= maxWaiting)
        throw new Refusal(
          503,
          `${this.waiting.length} passwords wait to be checked: try again in a few seconds.`,
          undefined,
          5,
        );
      // A computation that ends gives its place to the next one.
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else this.underWay += 1;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.underWay -= 1;
      else next();
    }
  }
}
