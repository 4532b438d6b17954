import { runConsumerApp, startOrExplain } from '#outbox';
import { archiverConfigFrom } from './archiver.config.js';
import { ArchiverModule } from './archiver.module.js';

await startOrExplain('archiver', () => {
  const config = archiverConfigFrom(process.env);
  return runConsumerApp(ArchiverModule.forRoot(config), config);
});
