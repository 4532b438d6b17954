import type { UserRecord } from '../persistence/records.js';

/** A user as clients see it: everything but the password. */
export interface UserView {
  readonly _id: string;
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly authStrategy: string;
  readonly __v: number;
}

export function userView({
  password: _,
  catenaSessions: _sessions,
  catenaKeptToken: _kept,
  ...user
}: UserRecord): UserView {
  const id = String(user._id);
  return { ...user, _id: id, id };
}
