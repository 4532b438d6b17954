import { IsNotEmpty, IsOptional, IsString } from 'class-validator';

export class IdTokenDto {
  @IsString() @IsNotEmpty() idToken: string;

  /** Of the same sign-in: for providers that tell a person's e-mail address and groups only when they are asked. */
  @IsOptional() @IsString() @IsNotEmpty() accessToken?: string;
}
