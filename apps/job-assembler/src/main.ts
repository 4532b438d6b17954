import { runConsumerApp, startOrExplain } from '#outbox';
import { jobAssemblerConfigFrom } from './job-assembler.config.js';
import { JobAssemblerModule } from './job-assembler.module.js';

await startOrExplain('job-assembler', () => {
  const config = jobAssemblerConfigFrom(process.env);
  return runConsumerApp(JobAssemblerModule.forRoot(config), config);
});
