import { runConsumerApp, startOrExplain } from '#service-host';
import { missingRulesAdvice } from '#source-folders';
import { jobAssemblerConfigFrom } from './job-assembler.config.js';
import { JobAssemblerModule } from './job-assembler.module.js';

await startOrExplain('job-assembler', () => {
  const config = jobAssemblerConfigFrom(process.env);
  const advice = missingRulesAdvice(config.sourceFolders);
  if (advice !== undefined) process.stderr.write(`job-assembler: ${advice}\n`);
  return runConsumerApp(JobAssemblerModule.forRoot(config), config);
});
