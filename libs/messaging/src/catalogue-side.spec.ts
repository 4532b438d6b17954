import { MemoryPlaces } from './testing/memory-places.js';
import { MemoryTransport } from './testing/memory-transport.js';
import { placeConformance } from './testing/place.conformance.js';

const at = new MemoryPlaces();

placeConformance('MemoryTransport', (place, onFatal) => {
  const transport = new MemoryTransport('memory', { place, at, onFatal });
  const connect = (connected: boolean) => () => Promise.resolve(transport.setConnected(connected));
  return Promise.resolve({
    transport,
    cutOff: connect(false),
    letBack: connect(true),
    end: () => transport.close(),
  });
});
