import { endInTime, startOrExplain } from '#service-host';
import { consoleConfigFrom } from './console.config.js';
import { createConsole } from './create-console.js';

await startOrExplain('console', async () => {
  const config = consoleConfigFrom(process.env);
  const console = await createConsole(config);
  endInTime(config.shutdownDeadline, console.logger);
  await console.app.listen(config.port, config.host);
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void console.stop().then(() => process.exit(0)));
});
