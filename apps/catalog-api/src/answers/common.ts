import { Answer, anything, date, flag, list, maybe, number, object, text } from '../http/answer.js';

export const queryable = { createdBy: text, updatedBy: text, createdAt: date, updatedAt: date };

const ownable = {
  ownerGroup: text,
  accessGroups: list(text),
  instrumentGroup: maybe(text),
  isPublished: flag,
};

export const owned = { ...queryable, ...ownable };

export class CountApiResponse extends Answer({ count: number }) {}

export class IsValidResponse extends Answer({ valid: flag, reason: maybe(list(anything)) }) {}

export class FindByIdAccessResponse extends Answer({ canAccess: flag }) {}

export class FullFacetFilters extends Answer({ facets: maybe(text), fields: maybe(text) }) {}

class TotalSets extends Answer({ totalSets: number }) {}

export class FullFacetResponse extends Answer({ all: list(TotalSets) }) {}

export class HistoryClass extends Answer({ id: maybe(text), updatedAt: date, updatedBy: text }) {}

export class Logbook extends Answer({ name: text, roomId: text, messages: list(object) }) {}
