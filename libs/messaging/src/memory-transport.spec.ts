import { MemoryTransport } from './testing/memory-transport.js';
import { transportConformance } from './testing/message-transport.conformance.js';

transportConformance('MemoryTransport', () => Promise.resolve(new MemoryTransport()));
