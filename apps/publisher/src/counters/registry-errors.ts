import { metrics } from '#observability';

export const noteRegistryError = metrics.counter({
  name: 'catena_registry_errors_total',
  help: 'Steps of a publication that failed at DataCite, by code.',
  labels: ['code'],
});
