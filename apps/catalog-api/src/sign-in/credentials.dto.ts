import { IsNotEmpty, IsString } from 'class-validator';

export class CredentialsDto {
  @IsString() @IsNotEmpty() username: string;
  @IsString() @IsNotEmpty() password: string;
}
