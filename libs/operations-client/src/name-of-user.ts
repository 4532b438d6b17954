import { userInfo } from 'node:os';

/** The user of this computer: who does it, where nobody said. @param otherwise for containers that have a number without a name */
export function nameOfUser(otherwise = 'catena-admin'): string {
  try {
    return userInfo().username;
  } catch {
    return otherwise;
  }
}
