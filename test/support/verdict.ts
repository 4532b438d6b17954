import { afterEach } from 'node:test';

/** What became of the tests of a suite so far, for whoever tidies up after them. */
export interface Verdict {
  /** A test failed, or none came to its end. */
  readonly failed: boolean;
}

/** To be called once in a suite, outside its tests and hooks. */
export function verdict(): Verdict {
  const counts = { passed: 0, failed: 0 };
  afterEach((test) => {
    const { passed } = test as { passed?: boolean };
    if (passed === true) counts.passed += 1;
    else counts.failed += 1;
  });
  return {
    get failed() {
      return counts.failed > 0 || counts.passed === 0;
    },
  };
}
