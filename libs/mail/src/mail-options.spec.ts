import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mailOptionsFrom } from './mail-options.js';

const messageOf = (environment: Record<string, string>): string => {
  try {
    mailOptionsFrom({ SMTP_HOST: 'mail.example.org', ...environment });
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

describe('The settings of mail', () => {
  it('are none without a server', () => {
    assert.equal(mailOptionsFrom({}), undefined);
    assert.equal(mailOptionsFrom({ SMTP_HOST: '' }), undefined);
  });

  it('encrypt where the server offers it, and always with an account', () => {
    const encryptionOf = (environment: Record<string, string>) =>
      mailOptionsFrom({ SMTP_HOST: 'mail.example.org', ...environment })?.encryption;
    assert.equal(encryptionOf({}), 'offered');
    assert.equal(encryptionOf({ SMTP_STARTTLS: 'off' }), 'none');
    assert.equal(encryptionOf({ SMTP_STARTTLS: 'required' }), 'required');
    assert.equal(encryptionOf({ SMTP_USERNAME: 'catena', SMTP_PASSWORD: 'secret' }), 'required');
    assert.equal(
      encryptionOf({ SMTP_USERNAME: 'catena', SMTP_PASSWORD: 'secret', SMTP_SECURE: 'yes' }),
      'from-the-start',
    );
    assert.equal(encryptionOf({ SMTP_PORT: '465' }), 'from-the-start');
    assert.equal(encryptionOf({ SMTP_PORT: '465', SMTP_SECURE: 'no' }), 'offered');
  });

  it('refuse an account whose password would be sent in the clear', () => {
    for (const SMTP_STARTTLS of ['off', 'offered'])
      assert.match(messageOf({ SMTP_USERNAME: 'catena', SMTP_PASSWORD: 'x', SMTP_STARTTLS }), /in the clear/);
  });

  it('name everything that is wrong at once, and no secret', () => {
    const text = messageOf({
      SMTP_PORT: 'soon',
      SMTP_STARTTLS: 'perhaps',
      SMTP_PASSWORD: 'the secret',
      SMTP_PASSWORD_FILE: '/nowhere/password',
      SMTP_CA_FILE: '/nowhere/ca.pem',
    });
    for (const name of ['SMTP_PORT', 'SMTP_STARTTLS', 'SMTP_USERNAME', 'found both', '/nowhere/ca.pem'])
      assert.ok(text.includes(name), `expected ${name} in ${text}`);
    assert.ok(!text.includes('the secret'));
    assert.match(
      messageOf({ SMTP_USERNAME: 'catena', SMTP_PASSWORD_FILE: '/nowhere' }),
      /SMTP_PASSWORD in the file \/nowhere/,
    );
    assert.match(messageOf({ SMTP_SECURE: 'yes', SMTP_STARTTLS: 'required' }), /keep one/);
  });
});
