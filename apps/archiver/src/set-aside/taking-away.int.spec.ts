import { realArchiverStore } from '../testing/real-archiver-store.js';
import { takingAwayConformance } from '../testing/taking-away.conformance.js';

takingAwayConformance('a database', () => realArchiverStore(process.env['MONGODB_URI']));
