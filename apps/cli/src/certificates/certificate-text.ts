import type { Certificate } from '#certificates';
import { bytesText, countText, nameText } from '#command-line';

/** What a certificate says, for people: names in it may come from anybody. */
export function certificateLines({ issuer, pid, issuedAt, totals, datablocks }: Certificate): string[] {
  return [
    `dataset   ${nameText(pid)}`,
    `issuer    ${nameText(issuer)}`,
    `issued    ${issuedAt}`,
    `files     ${countText(totals.files, 'file')}, ${bytesText(totals.bytes)}`,
    `stored    ${countText(totals.datablocks, 'datablock')}, ${bytesText(totals.packedSize)}, each on at least ${countText(totals.copies, 'place')}`,
    ...datablocks.flatMap(({ archiveId, sha256, manifestSha256, copies }) => [
      `datablock ${nameText(archiveId)}`,
      `  SHA-256 of the tar         ${sha256}`,
      `  SHA-256 of its file list   ${manifestSha256}`,
      ...copies.map(
        ({ target, verifiedAt }) => `  ${placeText(target)}, last read and compared ${verifiedAt}`,
      ),
    ]),
  ];
}

/** A place without a name has the number of the copy. */
function placeText(target: string): string {
  return /^copy \d+$/.test(target) ? target : `copy on ${nameText(target)}`;
}
