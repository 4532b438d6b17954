import { Failure, runCommandLine } from '#command-line';
import { programFor } from './program.js';

await runCommandLine({
  programFor,
  contextFor: (basics) => ({
    ...basics,
    async client() {
      const [{ HttpClient }, { readSession, sessionFrom }] = await Promise.all([
        import('./server/http-client.js'),
        import('./server/session.js'),
      ]);
      const session = sessionFrom(basics.environment, await readSession(basics.environment));
      if (session.token !== undefined) return new HttpClient(session, basics.signal);
      throw new Failure(
        'notAllowed',
        `Not signed in at ${session.url}. Run: catena login --url ${session.url}`,
      );
    },
  }),
});
