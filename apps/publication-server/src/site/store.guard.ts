import { Injectable, ServiceUnavailableException, type CanActivate } from '@nestjs/common';
import { MongoConnection } from '#persistence';

/** Says at once that the store is away, instead of letting a reader wait until a query gives up. */
@Injectable()
export class StoreGuard implements CanActivate {
  constructor(private readonly mongo: MongoConnection) {}

  canActivate(): boolean {
    if (!this.mongo.ready) throw new ServiceUnavailableException();
    return true;
  }
}
