import { realArchiverStore } from '../testing/real-archiver-store.js';
import { workOrdersConformance } from '../testing/work-orders.conformance.js';

workOrdersConformance('a database', () => realArchiverStore(process.env['MONGODB_URI']));
