import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import { Refusal, TooManyRequests } from '../domain/errors.js';
import { SignInLimits } from './sign-in-limits.js';

function limits(perAddress: number): SignInLimits {
  const config = { identity: { signInLimits: { perName: 0, perAddress, window: 60_000 } } };
  return new SignInLimits(new ManualClock(new Date(0)), config as unknown as CatalogApiConfig);
}

describe('Sign-ins of one address', () => {
  it('are few at the same time, so that they fill no queue for everybody else', async () => {
    const guarded = limits(0);
    let release: (() => void) | undefined;
    const held = new Promise<boolean>((resolve) => (release = () => resolve(true)));
    const open = Array.from({ length: 20 }, (_, index) => guarded.guard(`n${index}`, 'one', () => held));
    await assert.rejects(
      guarded.guard('another name', 'one', () => held),
      TooManyRequests,
    );
    await assert.rejects(
      guarded.guardAddress('one', () => held),
      TooManyRequests,
    );
    assert.equal(await guarded.guard('n', 'other', () => Promise.resolve(true)), true);
    release?.();
    await Promise.all(open);
    assert.equal(await guarded.guard('n', 'one', () => Promise.resolve(true)), true);
  });

  it('count as failed for a wrong password, not for a server that has no time', async () => {
    const guarded = limits(1);
    const busy = guarded.guardAddress('one', () => Promise.reject(new Refusal(503, 'later')));
    await assert.rejects(busy, /later/);
    const wrong = guarded.guardAddress('one', () => Promise.reject(new Refusal(401, 'no')));
    await assert.rejects(wrong, /no/);
    const third = guarded.guardAddress('one', () => Promise.resolve(true));
    await assert.rejects(third, TooManyRequests);
  });
});
