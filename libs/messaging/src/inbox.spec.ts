import { MemoryInbox } from './inbox.js';
import { inboxConformance } from './testing/inbox.conformance.js';

inboxConformance('The inbox in memory', () => new MemoryInbox());
