import { Answer, mapOf, maybe, text } from '../http/answer.js';

class HealthControllerCheckV3200ResponseInfoValue extends Answer({ status: text }) {}

const health = {
  status: maybe(text),
  info: maybe(mapOf(HealthControllerCheckV3200ResponseInfoValue)),
  error: maybe(mapOf(HealthControllerCheckV3200ResponseInfoValue)),
  details: maybe(mapOf(HealthControllerCheckV3200ResponseInfoValue)),
};

export class HealthControllerCheckV3200Response extends Answer(health) {}

export class HealthControllerCheckV3503Response extends Answer(health) {}
