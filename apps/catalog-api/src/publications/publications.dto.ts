import { IsOptional, IsString, Matches, MaxLength } from 'class-validator';

export class WithdrawDto {
  /** What the public reads on the tombstone. */
  @IsString() @MaxLength(2000) reason: string;
  /** DOI of what takes its place. */
  @IsOptional() @IsString() @MaxLength(255) @Matches(/^10\.\d{4,9}\/\S+$/) replacedBy?: string;
}
