import { createHash } from 'node:crypto';
import { certificateElement, type Certificate, type CertifiedDatablock } from '#certificates';
import type { ShownCertificate } from './dataset-certificates.js';

/** A page for people and printers: everything in it is from the signed certificate, and the certificate itself is in it too. */
export function certificatePage({ signed, certificate, kid }: ShownCertificate): string {
  const { issuer, pid, issuedAt, totals, datablocks } = certificate;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Certificate of ${escaped(pid)}</title>
<style>${style}</style>
</head>
<body>
<main>
<header>
<p class="issuer">${escaped(issuer)}</p>
<h1>Certificate of archival</h1>
<p>${escaped(issuer)} certifies that the dataset below is stored on long-term storage, and that every copy was read back whole and
agreed with its checksum at the time that is given with it.</p>
</header>
<dl>
<dt>Dataset</dt><dd class="id">${escaped(pid)}</dd>
<dt>Issued</dt><dd>${time(issuedAt)}</dd>
<dt>Files</dt><dd>${count(totals.files)}, ${count(totals.bytes)} bytes</dd>
<dt>Stored as</dt><dd>${count(totals.datablocks)} ${totals.datablocks === 1 ? 'datablock' : 'datablocks'}, ${count(totals.packedSize)} bytes, ${copiesOf(certificate)}</dd>
<dt>Key</dt><dd class="id">${escaped(kid)}</dd>
</dl>
<h2>Datablocks</h2>
${datablocks.map(section).join('\n')}
<h2>How to check this</h2>
<p>What counts is the signed text below, not what is printed above. Save this page or the text in a file, then run
<code>npx catena certificate --check FILE</code>: it says whether the certificate is valid, and what it certifies. With the public
keys of the installation saved before (<code>/api/v4/certificates/keys</code>, then <code>--keys KEYS</code>) that works without any
server. The text is a JSON Web Signature (RFC 7515) with Ed25519.</p>
<pre id="${certificateElement}">${escaped(JSON.stringify(signed))}</pre>
</main>
</body>
</html>
`;
}

function section({
  archiveId,
  fileCount,
  bytes,
  packedSize,
  sha256,
  manifestSha256,
  copies,
}: CertifiedDatablock): string {
  const rows = copies.map(
    ({ target, verifiedAt }) => `<tr><td>${escaped(target)}</td><td>${time(verifiedAt)}</td></tr>`,
  );
  return `<section>
<h3 class="id">${escaped(archiveId)}</h3>
<dl>
<dt>Files</dt><dd>${count(fileCount)}, ${count(bytes)} bytes; tar: ${count(packedSize)} bytes</dd>
<dt>SHA-256 of the tar</dt><dd class="id">${escaped(sha256)}</dd>
<dt>of its list of files</dt><dd class="id">${escaped(manifestSha256)}</dd>
</dl>
<table><thead><tr><th>Copy</th><th>last read and compared</th></tr></thead><tbody>${rows.join('')}</tbody></table>
</section>`;
}

function copiesOf({ totals: { copies } }: Certificate): string {
  return `each with at least ${copies === 1 ? 'one copy' : `${count(copies)} copies`}`;
}

function time(iso: string): string {
  return `<time datetime="${escaped(iso)}">${escaped(iso.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC'))}</time>`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Names come from people: nothing in them is markup, and nothing turns the direction of what follows. */
function escaped(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}]/gu, '\uFFFD')
    .replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

const style = `
@page { size: A4; margin: 18mm 16mm; }
:root { color-scheme: light; }
body { margin: 0; background: #fff; color: #1a1a1a; font: 11pt/1.45 "Liberation Sans", Arial, sans-serif; }
main { max-width: 178mm; margin: 0 auto; padding: 8mm 4mm; }
header { border-bottom: 2px solid #1a1a1a; margin-bottom: 5mm; }
.issuer { margin: 0; font-weight: bold; color: #444; }
h1 { margin: 1mm 0 2mm; font-size: 22pt; }
h2 { margin: 7mm 0 2mm; font-size: 13pt; }
h3 { margin: 0 0 1mm; font-size: 10.5pt; }
dl { display: grid; grid-template-columns: 42mm 1fr; align-items: baseline; gap: 1mm 4mm; margin: 0 0 2mm; }
dt { color: #444; }
dd { margin: 0; overflow-wrap: anywhere; }
.id, code, pre { font-family: "Liberation Mono", monospace; font-size: 9pt; overflow-wrap: anywhere; unicode-bidi: isolate; }
section { border: 1px solid #bbb; border-radius: 2mm; padding: 3mm; margin-bottom: 3mm; break-inside: avoid; }
table { border-collapse: collapse; width: 100%; font-size: 10pt; }
th, td { text-align: left; padding: 0.6mm 3mm 0.6mm 0; border-top: 1px solid #ddd; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; word-break: break-all; font-size: 7.5pt; border: 1px solid #bbb; border-radius: 2mm; padding: 3mm; }
@media print { main { padding: 0; max-width: none; } }
`;

/** Nothing is loaded, nothing runs, nothing frames it: only this one style counts. */
export const certificatePolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", 'sandbox'],
].join('; ');
