import { runConsumerApp, startOrExplain } from '#service-host';
import { scicatBridgeConfigFrom } from './scicat-bridge.config.js';
import { ScicatBridgeModule } from './scicat-bridge.module.js';

await startOrExplain('scicat-bridge', () => {
  const config = scicatBridgeConfigFrom(process.env);
  return runConsumerApp(ScicatBridgeModule.forRoot(config), config, [config.ingestor.basePath]);
});
