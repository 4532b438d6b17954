import { runConsumerApp, startOrExplain } from '#service-host';
import { missingRulesAdvice } from '#source-folders';
import { archiverConfigFrom } from './archiver.config.js';
import { ArchiverModule } from './archiver.module.js';

await startOrExplain('archiver', () => {
  const config = archiverConfigFrom(process.env);
  const advice = missingRulesAdvice(config.sourceFolders);
  if (advice !== undefined) process.stderr.write(`archiver: ${advice}\n`);
  return runConsumerApp(ArchiverModule.forRoot(config), config);
});
