import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { validateBody } from './validate-body.js';

/** What TypeScript leaves of types that are no class: such a body is taken as it came. */
const noDtos = new Set<unknown>([undefined, Object, Array, String, Number, Boolean]);

/** Checks a body by the DTO class of its parameter. Nest asks guards first: who may not call reads no validation message. */
@Injectable()
export class ScicatValidationPipe implements PipeTransform {
  transform(value: unknown, { type, metatype }: ArgumentMetadata): unknown {
    return type === 'body' && isDto(metatype) ? validateBody(metatype, value) : value;
  }
}

/** Whether a parameter's type, as decorators know it, is a class to check by. */
export function isDto(type: unknown): type is new () => object {
  return !noDtos.has(type);
}
