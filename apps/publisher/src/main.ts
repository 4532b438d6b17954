import { runConsumerApp, startOrExplain } from '#service-host';
import { publisherConfigFrom } from './publisher.config.js';
import { PublisherModule } from './publisher.module.js';

await startOrExplain('publisher', () => {
  const config = publisherConfigFrom(process.env);
  return runConsumerApp(PublisherModule.forRoot(config), config);
});
