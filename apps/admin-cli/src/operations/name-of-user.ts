import { userInfo } from 'node:os';

/** Who does it, where nobody said. */
export function nameOfUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may have a number without a name.
    return 'catena-admin';
  }
}
