import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';

export class UploadFileDto {
  @IsString() @IsNotEmpty() @MaxLength(1000) path: string;
  /** Bytes. */
  @IsInt() @Min(0) @Max(5 * 2 ** 40) size: number;
  /** Continue this multipart upload instead of beginning one. */
  @IsOptional() @IsString() @MaxLength(1000) uploadId?: string;
  /** Of a file in parts: the first one to give a link for. Default 1. */
  @IsOptional() @IsInt() @Min(1) @Max(1000) firstPart?: number;
  /** And how many. Default: all that follow. */
  @IsOptional() @IsInt() @Min(1) @Max(1000) partCount?: number;
}

export class UploadLinksDto {
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(500)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => UploadFileDto)
  files: UploadFileDto[];
}

class PartDto {
  @IsInt() @Min(1) @Max(10_000) partNumber: number;
  @IsString() @IsNotEmpty() @MaxLength(200) etag: string;
}

export class AbortUploadDto {
  @IsString() @IsNotEmpty() @MaxLength(1000) path: string;
  @IsString() @IsNotEmpty() @MaxLength(1000) uploadId: string;
}

export class CompleteUploadDto extends AbortUploadDto {
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(10_000)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => PartDto)
  parts: PartDto[];
}
