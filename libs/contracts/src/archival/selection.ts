import { Min } from 'class-validator';
import { Count, Nested } from '../fields.js';
import { ObjectReference } from '../object-reference.js';

/** Some files of a datablock: not all of them, and at least one. */
export class Selection {
  /** NDJSON, one `SelectionLine` a file, sorted by path: the same files make the same list. */
  @Nested(() => ObjectReference)
  list: ObjectReference;

  /** Files in the list. */
  @Count()
  @Min(1)
  files: number;

  /** Bytes of these files. */
  @Count()
  bytes: number;
}
