import { endInTime, startOrExplain } from '#service-host';
import { createPublicationServer } from './create-publication-server.js';
import { publicationServerConfigFrom } from './publication-server.config.js';

await startOrExplain('publication-server', async () => {
  const config = publicationServerConfigFrom(process.env);
  const server = await createPublicationServer(config);
  endInTime(config.shutdownDeadline, server.logger);
  await server.privateApp.listen(config.private.port, config.private.host);
  await server.publicApp.listen(config.port, config.host);
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void server.stop().then(() => process.exit(0)));
});
