/** Characters of the longest address that mail servers take (RFC 5321: 64, an @ and 255). */
const longest = 320;

/** Whether a text may be one mail address: good enough to hand it to a mail server, which alone knows. */
export function looksLikeMailAddress(text: string): boolean {
  return text.length <= longest && /^[^\s@,;<>"]+@[^\s@,;<>"]+$/.test(text);
}
