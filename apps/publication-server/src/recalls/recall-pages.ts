import type { StoredRecall } from '../persistence/records.js';
import { extentOf, titleOf } from '../formats/work.js';
import { pathOf } from '../publications/addresses.js';
import { html, type Html, type Value } from '../site/html.js';
import { layout, mailLink } from '../site/layout.js';
import type { Page } from '../site/page.js';
import { oneLine } from '../formats/plain-text.js';
import type { Found } from '../publications/publications.service.js';

const noIndex = html`<meta name="robots" content="noindex" />`;

export interface FormState {
  readonly possible: 'yes' | 'ready' | 'no';
  /** What the reader sent, if it could not be taken. */
  readonly email?: string;
  readonly problem?: 'email' | 'limit';
  readonly limit: number;
}

/** The form to have files brought back from tape. */
export function requestPage(
  page: Page,
  { record }: Found,
  { possible, email = '', problem, limit }: FormState,
): string {
  const { texts, wording, site } = page;
  const { files, bytes } = extentOf({ record });
  const address = page.link(pathOf(record.doi, { kind: 'page' }));
  const bad = problem === 'email';
  const form = (): Html =>
    html`<p>
        ${texts.requestIntro(texts.fileCount(wording.number(files), files === 1), wording.bytes(bytes))}
      </p>
      <form method="post" action="${page.link(pathOf(record.doi, { kind: 'request' }))}">
        ${bad && html`<div class="note stop" role="alert"><p id="email-problem">${texts.requestBadEmail}</p></div>`}
        <div class="field">
          <label for="email">${texts.requestEmail}</label>
          <input
            type="email"
            id="email"
            name="email"
            value="${email}"
            maxlength="254"
            autocomplete="email"
            aria-describedby="email-hint${bad && ' email-problem'}"
            ${bad && html` aria-invalid="true"`}
          />
          <p class="hint" id="email-hint">${texts.requestEmailHint}</p>
        </div>
        <div class="trap" aria-hidden="true">
          <label for="website">${texts.requestLeave}</label
          ><input type="text" id="website" name="website" tabindex="-1" autocomplete="off" />
        </div>
        <p><button class="button" type="submit">${texts.requestSubmit}</button></p>
      </form>`;
  const content = (): Value => {
    if (problem === 'limit')
      return html`<div class="note stop" role="alert">
          <p><strong>${texts.requestLimit}.</strong> ${texts.requestLimitNote(wording.number(limit))}</p>
        </div>
        ${site.theme.contact !== undefined && html`<p>${mailLink(site.theme.contact)}</p>`}`;
    if (possible === 'ready')
      return html`<p>${texts.requestReadyAlready}</p>
        <p><a class="button" href="${address}">${texts.progressGo}</a></p>`;
    if (possible === 'no')
      return html`<p><strong>${texts.requestNotPossible}</strong> ${texts.requestNotPossibleNote}</p>`;
    return form();
  };
  const main = html`<div class="wrap narrow">
    <p><a href="${address}">${texts.backToPublication}</a></p>
    <h1>${texts.requestTitle}</h1>
    <p dir="auto">
      <strong><bdi>${oneLine(titleOf({ record }), 300)}</bdi></strong>
    </p>
    ${content()}
  </div> `;
  return layout(page, { title: texts.requestTitle, head: noIndex, main });
}

/** Where a reader says that the address is his. */
export function confirmPage(page: Page, id: string, token: string): string {
  const { texts } = page;
  const main = html`<div class="wrap narrow">
    <h1>${texts.confirmTitle}</h1>
    <p>${texts.confirmNote}</p>
    <form method="post" action="${page.link(`/requests/${id}/confirm`)}">
      <input type="hidden" name="token" value="${token}" />
      <p><button class="button" type="submit">${texts.confirmSubmit}</button></p>
    </form>
  </div> `;
  return layout(page, { title: texts.confirmTitle, head: noIndex, main });
}

/** How far a request is; `renewing` if the page renews itself. */
export function progressPage(
  page: Page,
  recall: StoredRecall,
  record: Found['record'] | undefined,
  renewing: boolean,
): string {
  const { texts, wording } = page;
  const { state, bytesDone, bytesTotal, message, doi, requestedAt } = recall;
  const done = state === 'ready' || state === 'failed';
  const address = record === undefined ? undefined : page.link(pathOf(record.doi, { kind: 'page' }));
  const share = bytesTotal > 0 ? Math.min(1, bytesDone / bytesTotal) : 0;
  const main = html`<div class="wrap narrow">
    <h1>${texts.progressTitle}</h1>
    <section class="card" aria-label="${texts.progressTitle}">
      <p class="steps" role="status">${texts.progressStates[state]}</p>
      ${
        state === 'recalling' &&
        html`<p>
          <progress
            max="100"
            value="${Math.round(share * 100)}"
            aria-label="${texts.progressStates.recalling}"
          >
            ${Math.round(share * 100)} %
          </progress>
          <span class="soft"
            >${bytesTotal > 0 ? texts.progressBytes(wording.bytes(bytesDone), wording.bytes(bytesTotal)) : texts.progressBytesDone(wording.bytes(bytesDone))}</span
          >
        </p>`
      }
      ${!done && recall.confirmed === false && html`<p class="soft">${texts.progressUnconfirmed}</p>`}
      ${message !== undefined && message !== '' && html`<p dir="auto">${oneLine(message, 1000)}</p>`}
      <dl class="terms">
        <dt>${texts.progressOf}</dt>
        <dd>
          ${address === undefined ? html`<bdi>${doi}</bdi>` : html`<a href="${address}"><bdi>${record === undefined ? doi : oneLine(titleOf({ record }), 300)}</bdi></a>`}
        </dd>
        <dt>${texts.progressAsked}</dt>
        <dd><time datetime="${requestedAt.toISOString()}">${wording.moment(requestedAt)}</time></dd>
      </dl>
      ${state === 'ready' && address !== undefined && html`<p><a class="button" href="${address}">${texts.progressGo}</a></p>`}
      ${state === 'failed' && record !== undefined && html`<p><a class="button" href="${page.link(pathOf(record.doi, { kind: 'request' }))}">${texts.progressAgain}</a></p>`}
    </section>
    ${
      !done &&
      html`<p class="soft">
        ${renewing && texts.progressNote}
        <a href="${page.link(`/requests/${recall._id}`, renewing ? 'renew=no' : '')}"
          >${renewing ? texts.progressStop : texts.progressStart}</a
        >
      </p>`
    }
  </div> `;
  return layout(page, {
    title: `${texts.progressStates[state]} – ${texts.progressTitle}`,
    head: noIndex,
    main,
  });
}
