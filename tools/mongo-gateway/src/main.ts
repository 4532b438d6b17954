import { startGateway } from './gateway.js';
import { readGatewayOptions } from './gateway.config.js';

const log = (line: string): void => console.error(`mongo-gateway: ${line}`);

try {
  const gateway = await startGateway({ ...readGatewayOptions(process.env), log });
  log(`listening on port ${gateway.port}`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void gateway.stop().then(() => process.exit(0)));
  }
} catch (error) {
  log(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
