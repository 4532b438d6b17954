import { doiPath } from '#datacite';
import type { StoredFile } from '../persistence/records.js';
import { extensionOf } from '../formats/media-types.js';
import { html, type Html } from '../site/html.js';
import type { Page } from '../site/page.js';

/** Files as a table, under the names of their folders. */
export function filesTable(
  { site, texts, wording }: Page,
  doi: string,
  files: readonly StoredFile[],
  linked: boolean,
): Html {
  let folder = '';
  const rows = files.map(({ path, size, sha256 }) => {
    const slash = path.lastIndexOf('/') + 1;
    const [before, name] = [path.slice(0, slash), path.slice(slash)];
    const heading =
      before === folder
        ? undefined
        : html`<tr class="folder">
            <th colspan="3" scope="rowgroup"><bdi>${before === '' ? '/' : before}</bdi></th>
          </tr> `;
    folder = before;
    const address = `${site.base}/doi/${doiPath(doi)}/files/${path.split('/').map(encodeURIComponent).join('/')}`;
    return html`${heading}
      <tr>
        <td>
          ${linked ? html`<a href="${address}"><bdi>${name}</bdi></a>` : html`<bdi>${name}</bdi>`}${
            sha256 !== undefined && html`<code class="sum">sha256 ${sha256}</code>`
          }
        </td>
        <td class="optional soft">${extensionOf(path).toUpperCase()}</td>
        <td class="num">${wording.bytes(size)}</td>
      </tr> `;
  });
  return html`<table>
    <thead>
      <tr>
        <th scope="col">${texts.fileName}</th>
        <th scope="col" class="optional">${texts.fileFormat}</th>
        <th scope="col" class="num">${texts.fileSize}</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table> `;
}
