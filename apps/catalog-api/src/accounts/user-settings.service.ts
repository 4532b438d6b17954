import { Injectable } from '@nestjs/common';
import { Catalogue } from '../persistence/catalogue.js';
import { idForms, newObjectId } from '../persistence/user-ids.js';

export type SettingsDocument = Record<string, unknown>;

const defaults = { datasetCount: 25, jobCount: 25, externalSettings: {} };

/** What a person has set in the frontend. There is one document for each user. */
@Injectable()
export class UserSettings {
  constructor(private readonly catalogue: Catalogue) {}

  async of(userId: string): Promise<SettingsDocument | undefined> {
    const found = await this.settings.findOne({ userId: { $in: idForms(userId) } });
    return found === null ? undefined : settingsAnswer(found);
  }

  /** Settings exist from the first sign-in on: the frontend's lists wait for them. */
  async ensure(userId: string): Promise<void> {
    await this.settings.updateOne(
      { userId: { $in: idForms(userId) } },
      { $setOnInsert: { _id: newObjectId(), userId: idForms(userId)[0], ...defaults, __v: 0 } },
      { upsert: true },
    );
  }

  /** Sets the given fields; a document that is missing is made. */
  async set(userId: string, fields: SettingsDocument): Promise<SettingsDocument> {
    const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
    const missing = Object.entries({ ...defaults, __v: 0 }).filter(
      ([name]) => !Object.keys(given).some((key) => key === name || key.startsWith(`${name}.`)),
    );
    const stored = await this.settings.findOneAndUpdate(
      { userId: { $in: idForms(userId) } },
      {
        ...(Object.keys(given).length === 0 ? {} : { $set: given }),
        $setOnInsert: { _id: newObjectId(), userId: idForms(userId)[0], ...Object.fromEntries(missing) },
      },
      { upsert: true, returnDocument: 'after' },
    );
    return settingsAnswer(stored ?? {});
  }

  async remove(userId: string): Promise<SettingsDocument | undefined> {
    const removed = await this.settings.findOneAndDelete({ userId: { $in: idForms(userId) } });
    return removed === null ? undefined : settingsAnswer(removed);
  }

  private get settings() {
    return this.catalogue.other('UserSetting');
  }
}

function settingsAnswer(document: SettingsDocument): SettingsDocument {
  return { ...document, id: String(document['_id']) };
}
