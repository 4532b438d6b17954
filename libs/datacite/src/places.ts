import type { GeoLocation } from './resource.js';
import { fieldsIn, given, itemsIn, numberIn, textIn, type Fields } from './untrusted.js';

/** A place of a record; of a polygon its bounding box. Undefined when nothing of it can be understood. */
export function geoLocationIn(value: unknown): GeoLocation | undefined {
  const fields = typeof value === 'string' ? { geoLocationPlace: value } : fieldsIn(value);
  const place = given({
    geoLocationPlace: textIn(fields['geoLocationPlace']),
    geoLocationPoint: pointIn(fields['geoLocationPoint']),
    geoLocationBox: boxIn(fieldsIn(fields['geoLocationBox'])) ?? boxAround(fields['geoLocationPolygon']),
  });
  return Object.keys(place).length === 0 ? undefined : place;
}

function pointIn(value: unknown): GeoLocation['geoLocationPoint'] {
  const fields = fieldsIn(value);
  const [pointLongitude, pointLatitude] = [
    numberIn(fields['pointLongitude']),
    numberIn(fields['pointLatitude']),
  ];
  if (pointLongitude === undefined || pointLatitude === undefined) return undefined;
  return { pointLongitude, pointLatitude };
}

function boxIn(fields: Fields): GeoLocation['geoLocationBox'] {
  const westBoundLongitude = numberIn(fields['westBoundLongitude']);
  const eastBoundLongitude = numberIn(fields['eastBoundLongitude']);
  const southBoundLatitude = numberIn(fields['southBoundLatitude']);
  const northBoundLatitude = numberIn(fields['northBoundLatitude']);
  if (westBoundLongitude === undefined || eastBoundLongitude === undefined) return undefined;
  if (southBoundLatitude === undefined || northBoundLatitude === undefined) return undefined;
  return { westBoundLongitude, eastBoundLongitude, southBoundLatitude, northBoundLatitude };
}

function boxAround(polygon: unknown): GeoLocation['geoLocationBox'] {
  const points = itemsIn(polygon)
    .flatMap((item) => itemsIn(fieldsIn(item)['polygonPoints'] ?? item))
    .map((item) => pointIn(fieldsIn(item)['polygonPoint'] ?? item))
    .filter((point) => point !== undefined);
  if (points.length === 0) return undefined;
  const bounds = { west: 180, east: -180, south: 90, north: -90 };
  for (const { pointLongitude, pointLatitude } of points) {
    bounds.west = Math.min(bounds.west, pointLongitude);
    bounds.east = Math.max(bounds.east, pointLongitude);
    bounds.south = Math.min(bounds.south, pointLatitude);
    bounds.north = Math.max(bounds.north, pointLatitude);
  }
  return {
    westBoundLongitude: bounds.west,
    eastBoundLongitude: bounds.east,
    southBoundLatitude: bounds.south,
    northBoundLatitude: bounds.north,
  };
}
