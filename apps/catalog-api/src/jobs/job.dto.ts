import { IsEmail, IsNotEmpty, IsObject, IsOptional, IsString } from 'class-validator';

export class CreateJobV4Dto {
  @IsString() @IsNotEmpty() type: string;
  @IsObject() jobParams: Record<string, unknown>;
  @IsOptional() @IsString() ownerUser?: string;
  @IsOptional() @IsString() ownerGroup?: string;
  @IsOptional() @IsEmail() contactEmail?: string;
}

export class UpdateJobV4Dto {
  @IsString() statusCode: string;
  @IsString() statusMessage: string;
  @IsOptional() @IsObject() jobResultObject?: Record<string, unknown>;
}

export class UpdateJobV3Dto {
  @IsOptional() @IsString() jobStatusMessage?: string;
  @IsOptional() @IsObject() jobResultObject?: Record<string, unknown>;
  @IsOptional() executionTime?: unknown;
}
