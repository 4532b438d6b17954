import { IsString, MaxLength } from 'class-validator';

/** What is wrong with one field of a record, in words for its author. */
export class FieldProblem {
  /** For example `creators[0].name`. */
  @IsString()
  @MaxLength(500)
  field: string;

  @IsString()
  @MaxLength(2000)
  reason: string;
}
