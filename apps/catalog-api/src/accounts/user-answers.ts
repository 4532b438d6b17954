import type { UserRecord } from '../persistence/records.js';

/** A user as clients see it: everything but the password. */
export interface UserAnswer {
  readonly _id: string;
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly authStrategy: string;
  readonly __v: number;
}

export function userAnswer({
  password: _,
  catenaSessions: _sessions,
  catenaKeptToken: _kept,
  ...user
}: UserRecord): UserAnswer {
  const id = String(user._id);
  return { ...user, _id: id, id };
}
