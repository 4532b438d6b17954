import { Agent, get, type IncomingMessage } from 'node:http';
import type { S3ObjectStore } from '#storage';

/** Reading by Node alone, from addresses signed before: what a store and the way to it give. */
export class BareReading {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 64 });

  private constructor(private readonly addresses: readonly string[]) {}

  static async of(store: S3ObjectStore, bucket: string, keys: readonly string[]): Promise<BareReading> {
    const addresses: string[] = [];
    for (const key of keys) addresses.push(await store.presignedGet(bucket, key, 3600));
    return new BareReading(addresses);
  }

  /** @param lanes so many at a time @param most of them */
  async all(lanes: number, most = this.addresses.length): Promise<void> {
    const waiting = this.addresses.slice(0, most).values();
    const lane = async (): Promise<void> => {
      for (const address of waiting) await this.one(address);
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  }

  close(): void {
    this.agent.destroy();
  }

  private one(address: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAnswer = (answer: IncomingMessage): void => {
        answer.on('data', () => undefined).on('error', reject);
        answer.on('end', () => {
          if (answer.statusCode === 200) resolve();
          else reject(new Error(`Expected ${address} to be read, found ${answer.statusCode}.`));
        });
      };
      get(address, { agent: this.agent }, onAnswer).on('error', reject);
    });
  }
}
