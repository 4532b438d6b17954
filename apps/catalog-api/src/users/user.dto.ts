import { IsNotEmpty, IsNumber, IsObject, IsOptional, IsString } from 'class-validator';

export class UpdateUserPasswordDto {
  @IsString() @IsNotEmpty() currentPassword: string;
  @IsString() @IsNotEmpty() newPassword: string;
  @IsString() @IsNotEmpty() confirmPassword: string;
}

export class AdminUpdateUserPasswordDto {
  @IsString() @IsNotEmpty() newPassword: string;
  @IsString() @IsNotEmpty() confirmPassword: string;
}

export class CreateCustomJwt {
  @IsOptional() @IsString() expiresIn?: string;
}

export class CreateUserSettingsDto {
  @IsString() @IsNotEmpty() userId: string;
  /** Rows of a page; 25 where they are absent. */
  @IsOptional() @IsNumber() datasetCount?: number;
  @IsOptional() @IsNumber() jobCount?: number;
  @IsOptional() @IsObject() externalSettings?: Record<string, unknown>;
}

export class PartialUpdateUserSettingsDto {
  @IsOptional() @IsString() userId?: string;
  @IsOptional() @IsNumber() datasetCount?: number;
  @IsOptional() @IsNumber() jobCount?: number;
  @IsOptional() @IsObject() externalSettings?: Record<string, unknown>;
}
