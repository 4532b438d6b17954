import { IsNotEmpty, IsOptional, IsString, Matches } from 'class-validator';
import { verifierPattern } from './sign-in-codes.js';

export class IdTokenDto {
  @IsString() @IsNotEmpty() idToken: string;

  /** Of the same sign-in: for providers that tell a person's e-mail address and groups only when they are asked. */
  @IsOptional() @IsString() @IsNotEmpty() accessToken?: string;
}

export class RedeemedCodeDto {
  /** As it came with the browser, within half a minute; good once. */
  @IsString() @Matches(/^[\w-]{43}$/) code: string;

  /** The text whose SHA-256 was sent as `challenge` at the begin. */
  @IsString() @Matches(verifierPattern) verifier: string;
}
