import { randomBytes } from 'node:crypto';
import { mongo } from 'mongoose';

/** A database of its own on the server that MONGODB_URI names. */
export interface Story {
  readonly client: mongo.MongoClient;
  readonly db: mongo.Db;
  readonly uri: string;
  end(): Promise<void>;
}

export function beginStory(options: mongo.MongoClientOptions = {}): Story {
  const uri = process.env['MONGODB_URI'];
  if (uri === undefined) throw new Error('MONGODB_URI is not set; run this with: npm test -- --only int');
  const client = new mongo.MongoClient(uri, { serverSelectionTimeoutMS: 10_000, ...options });
  const db = client.db(`story_${randomBytes(5).toString('hex')}`);
  return {
    client,
    db,
    uri,
    end: async () => {
      await db.dropDatabase();
      await client.close();
    },
  };
}

/** The server error a command is expected to fail with. */
export async function failure(work: Promise<unknown>): Promise<mongo.MongoServerError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof mongo.MongoServerError) return error;
    throw error;
  }
  throw new Error('the command should have failed');
}
