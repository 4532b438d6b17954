export { mailOptionsFrom, type MailEncryption, type MailOptions } from './mail-options.js';
export { MailFault, sendMail } from './send-mail.js';
