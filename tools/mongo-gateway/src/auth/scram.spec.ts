import assert from 'node:assert/strict';
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { describe, it } from 'node:test';
import { makeVerifier, ScramConversation } from './scram.js';

const verifier = makeVerifier('catena', 'pass');
const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** The client's side of the conversation, as RFC 5802 has it. */
function converse(
  user: string,
  password: string,
  tamper = (message: string): string => message,
): string | undefined {
  const bare = `n=${user},r=clientnonce`;
  const conversation = ScramConversation.start(verifier, `n,,${bare}`);
  assert.ok(conversation);
  const serverFirst = conversation.challenge();
  const [, nonce, salt, iterations] = /^r=(.*),s=(.*),i=(\d+)$/.exec(serverFirst) ?? [];
  assert.ok(nonce?.startsWith('clientnonce'));
  const salted = pbkdf2Sync(password, Buffer.from(salt ?? '', 'base64'), Number(iterations), 32, 'sha256');
  const clientKey = hmac(salted, 'Client Key');
  const withoutProof = `c=biws,r=${nonce}`;
  const authMessage = `${bare},${serverFirst},${withoutProof}`;
  const signature = hmac(createHash('sha256').update(clientKey).digest(), authMessage);
  const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0))).toString(
    'base64',
  );
  const answer = conversation.finish(tamper(`${withoutProof},p=${proof}`));
  if (answer !== undefined) {
    assert.equal(answer, `v=${hmac(hmac(salted, 'Server Key'), authMessage).toString('base64')}`);
  }
  return answer;
}

describe('SCRAM-SHA-256', () => {
  it('accepts the right password and proves itself', () => assert.ok(converse('catena', 'pass')));
  it('refuses a wrong password', () => assert.equal(converse('catena', 'Pass'), undefined));
  it('refuses an unknown user who knows the password', () =>
    assert.equal(converse('other', 'pass'), undefined));

  it('refuses a foreign nonce, another channel binding and a missing proof', () => {
    const changes = [
      (message: string): string => message.replace('r=clientnonce', 'r=othernonce'),
      (message: string): string => message.replace('c=biws', 'c=eSws'),
      (message: string): string => message.replace(/,p=.*/, ''),
      (message: string): string => message.replace(/,p=.*/, ',p=AAAA'),
      (): string => '',
    ];
    for (const change of changes) assert.equal(converse('catena', 'pass', change), undefined);
  });

  it('does not start with anything but SCRAM without channel binding', () => {
    for (const first of ['', 'y,,n=a,r=b', 'n,,r=b', 'n,,n=a', 'p=tls-unique,,n=a,r=b', '\0\0\0']) {
      assert.equal(ScramConversation.start(verifier, first), undefined);
    }
  });
});
