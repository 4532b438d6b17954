/** Names and attributes of the console's cookies. */

const life = { signIn: 600 };
const signInPath = '/console/sign-in/oidc';

/** Browsers keep a cookie of this name to the host that set it, and send it by TLS alone. */
export function sessionName(secure: boolean): string {
  return secure ? '__Host-catena_console' : 'catena_console';
}

/** @param age seconds */
export function sessionCookie(value: string, age: number, secure: boolean): string {
  return `${sessionName(secure)}=${value}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Strict${tls(secure)}`;
}

export function clearedSession(secure: boolean): string {
  return sessionCookie('', 0, secure);
}

/** Each sign-in at the provider has a cookie of its own, so that two tabs do not disturb each other. */
export function signInName(state: string): string {
  return `catena_console_sign_in_${state}`;
}

/** Lax: the browser comes back from another site, where it sends no strict cookies along. */
export function signInCookie(state: string, value: string, secure: boolean): string {
  return `${signInName(state)}=${value}; Path=${signInPath}; Max-Age=${value === '' ? 0 : life.signIn}; HttpOnly; SameSite=Lax${tls(secure)}`;
}

/** The value of a cookie in a request's header; of two of one name the first. */
export function cookieIn(header: string | undefined, name: string): string | undefined {
  const prefix = `${name}=`;
  return header
    ?.split(';')
    .map((cookie) => cookie.trim())
    .find((cookie) => cookie.startsWith(prefix))
    ?.slice(prefix.length);
}

function tls(secure: boolean): string {
  return secure ? '; Secure' : '';
}
