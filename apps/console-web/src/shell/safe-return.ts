/**
 * Where a person goes after signing in: a path below the console, never another site's address.
 *
 * @returns below `/console`, beginning with a slash
 */
export function safeReturn(wanted: string | undefined): string {
  if (wanted === undefined || wanted.length > 4000 || !/^\/(?![/\\])/.test(wanted)) return '/';
  const path = wanted.replace(/^\/console(?=\/|$|\?)/, '');
  if (path === '' || path.startsWith('?')) return `/${path}`;
  // Browsers take a backslash for a slash, and leave control letters out.
  if (/^\/[/\\]/.test(path) || /[\u0000-\u001f\\]/.test(path) || /^\/sign-in(\/|\?|$)/.test(path)) return '/';
  return path;
}
