import { createCatalogApi } from './create-catalog-api.js';
import { catalogApiConfigFrom } from './catalog-api.config.js';
import { startOrExplain } from '#service-host';

await startOrExplain('catalog-api', async () => {
  const config = catalogApiConfigFrom(process.env);
  const app = await createCatalogApi(config);
  await app.listen(config.port, config.host);
});
