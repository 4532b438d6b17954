import { Injectable } from '@nestjs/common';
import type { ObjectReference } from '#contracts';
import { ReferencedObjects } from '#storage';

/** Reads the lists that messages refer to. */
@Injectable()
export class ControlObjects {
  constructor(private readonly objects: ReferencedObjects) {}

  read(reference: ObjectReference): Promise<Buffer> {
    return this.objects.read(reference);
  }

  /** One JSON value a line. */
  async readLines<Line>(reference: ObjectReference): Promise<Line[]> {
    const text = (await this.read(reference)).toString('utf8');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  }
}
