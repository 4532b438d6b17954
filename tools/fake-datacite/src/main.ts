import { FakeDatacite } from './fake-datacite.js';

/** The demonstration's DataCite: DOIs in a file, gone with the demonstration. */
const { PORT, DOI_USERNAME, DOI_PASSWORD, DOI_PREFIX, FAKE_DATACITE_FILE } = process.env;
const fake = new FakeDatacite({
  username: DOI_USERNAME ?? 'DEMO.CATENA',
  password: DOI_PASSWORD ?? '',
  prefix: DOI_PREFIX ?? '10.5072',
  ...(FAKE_DATACITE_FILE === undefined ? {} : { file: FAKE_DATACITE_FILE }),
});
await fake.listen(Number(PORT ?? 0));
console.log(`fake DataCite at ${fake.url}: it registers nothing anywhere`);
process.once('SIGTERM', () => void fake.stop().then(() => process.exit(0)));
