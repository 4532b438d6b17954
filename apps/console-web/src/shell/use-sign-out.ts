import { useQueryClient } from '@tanstack/react-query';
import { call } from '../calls/call.js';

/** Ends the session here and in catalog-api, and forgets what was shown. */
export function useSignOut(): () => void {
  const client = useQueryClient();
  return () => {
    // Where the console does not answer the cookie stays, and the page says so when it is opened again.
    void call('session', { method: 'DELETE' })
      .catch(() => undefined)
      .then(() => {
        client.clear();
        window.location.assign('/console/sign-in');
      });
  };
}
