export { FakeDatacite, type FakeDataciteOptions, type FakeFault, type FakeRequest } from './fake-datacite.js';
