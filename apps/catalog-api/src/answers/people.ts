import { Answer, anything, date, flag, list, maybe, number, object, text } from '../http/answer.js';

export class CreateUserJWT extends Answer({ jwt: text }) {}

export class PasswordUpdateResponse extends Answer({ message: text }) {}

export class ReturnedUserDto extends Answer({
  id: text,
  username: text,
  email: text,
  emailVerified: maybe(flag),
  realm: maybe(text),
  authStrategy: text,
}) {}

export class ReturnedAuthLoginDto extends Answer({
  access_token: text,
  id: text,
  expires_in: number,
  ttl: number,
  created: text,
  userId: text,
  user: ReturnedUserDto,
}) {}

class UserProfile extends Answer({
  displayName: maybe(text),
  email: text,
  username: text,
  thumbnailPhoto: maybe(text),
  id: maybe(text),
  emails: maybe(list(object)),
  accessGroups: list(text),
  oidcClaims: maybe(list(object)),
}) {}

export class UserIdentity extends Answer({
  authStrategy: text,
  created: date,
  credentials: object,
  externalId: text,
  modified: date,
  profile: UserProfile,
  provider: text,
  userId: text,
}) {}

export class UserSettings extends Answer({
  id: maybe(text),
  datasetCount: number,
  jobCount: number,
  userId: text,
  externalSettings: anything,
}) {}

export class CommandLineClient extends Answer({ issuer: text, clientId: text, scope: text }) {}
