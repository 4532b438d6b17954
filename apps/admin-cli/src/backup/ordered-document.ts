import { deserialize, onDemand, serialize, type Document } from 'bson';

/** Numbers stay of the kind they were; nothing becomes a JavaScript value that would be written back as another kind. */
const exact = { promoteValues: false, promoteLongs: false, promoteBuffers: false, bsonRegExp: true } as const;

/** As BSON numbers them. */
const types = { document: 3, array: 4 } as const;

/** A document that is written back as these very bytes. */
export function documentOf(bytes: Buffer): Document {
  const document = deserialize(bytes, exact);
  return bytes.equals(serialize(document)) ? document : orderedOf(bytes);
}

/** JavaScript moves names such as "1" to the front of an object; a map keeps the order. */
function orderedOf(bytes: Buffer): Map<string, unknown> {
  const fields = new Map<string, unknown>();
  for (const [type, nameStart, nameSize, start, size] of onDemand.parseToElements(bytes))
    fields.set(
      bytes.toString('utf8', nameStart, nameStart + nameSize),
      valueOf(type, bytes.subarray(start, start + size)),
    );
  return fields;
}

function valueOf(type: number, bytes: Buffer): unknown {
  if (type === types.document) return orderedOf(bytes);
  if (type === types.array) return [...orderedOf(bytes).values()];
  // As the only field, "v", of a document.
  const size = Buffer.alloc(4);
  size.writeInt32LE(bytes.length + 8);
  const field = Buffer.from([type, 'v'.charCodeAt(0), 0]);
  return deserialize(Buffer.concat([size, field, bytes, Buffer.alloc(1)]), exact)['v'];
}
