import { IsNotEmpty, IsObject, IsOptional, IsString } from 'class-validator';

/** `uniqueName` and `pid` stay what they were. */
export class PartialUpdateInstrumentDto {
  @IsOptional() @IsString() @IsNotEmpty() name?: string;
  @IsOptional() @IsObject() customMetadata?: Record<string, unknown>;
}

export class CreateInstrumentDto {
  /** Made by the server when absent. */
  @IsOptional() @IsString() @IsNotEmpty() pid?: string;
  @IsString() @IsNotEmpty() uniqueName: string;
  @IsString() @IsNotEmpty() name: string;
  @IsOptional() @IsObject() customMetadata?: Record<string, unknown>;
}
