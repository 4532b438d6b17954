import { IsIn, IsISO8601, IsObject, IsOptional, Matches, ValidateIf } from 'class-validator';
import type { Priority } from '#routes';
import { pauseModes, type PauseMode, type PauseScope } from '../domain/steering.js';

const furthest = 366 * 86_400_000;

/** Who decides, and why: those whom it concerns read it. */
export class WordDto {
  /** Of earlier clients, which do not say it in `Catena-Acting-For`. */
  @IsOptional()
  @Matches(/^\S(.{0,98}\S)?$/s, { message: 'Expected by to be a name of 1 to 100 characters.' })
  by?: string;

  @Matches(/^\S.{1,498}\S$/s, { message: 'Expected reason to be a text of 3 to 500 characters.' })
  reason: string;
}

export class PauseDto extends WordDto {
  @Matches(/^(all|(target|route):[a-z0-9-]{1,40}|group:[^\0]{0,200}|job:[\w.-]{1,100})$/, {
    message: 'Expected scope to be all, target:NAME, route:NAME, group:NAME or job:ID.',
  })
  scope: PauseScope;

  /** `drain`: the answers to GET operations/limits say what still runs (`left`). Default `pause`. */
  @IsOptional()
  @IsIn(pauseModes)
  mode?: PauseMode;

  /** When it ends by itself. */
  @IsOptional()
  @IsISO8601({ strict: true })
  until?: string;
}

export class LimitsDto extends WordDto {
  /** By name (`global`, `perGroup`, `write:TARGET`, `read:TARGET`) the new value; null for the configured one. */
  @IsObject()
  limits: Record<string, number | null>;

  /** When the configured ones hold again. */
  @IsOptional()
  @IsISO8601({ strict: true })
  until?: string;
}

export class PriorityDto extends WordDto {
  /** 0 urgent, 1 normal, 2 background. */
  @IsIn([0, 1, 2])
  priority: Priority;
}

export class DeferDto extends WordDto {
  /** Null: at once. */
  @ValidateIf(({ until }: DeferDto) => until !== null)
  @IsISO8601({ strict: true })
  until: string | null;
}

/** @returns undefined for what is not a time to come, within a year, or does not say its zone: it would be the server's */
export function timeToCome(text: string, now: Date): Date | undefined {
  if (!/(Z|[+-]\d{2}:?\d{2})$/i.test(text)) return undefined;
  const at = new Date(text);
  const ahead = at.getTime() - now.getTime();
  return ahead > 0 && ahead <= furthest ? at : undefined;
}
