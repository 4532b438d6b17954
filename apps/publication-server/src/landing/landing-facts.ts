import { doiUrl, type GeoLocation } from '#datacite';
import { extentOf, landingPageOf, licenceOf, oaiUrl, rorOf } from '../formats/work.js';
import { pathOf } from '../publications/addresses.js';
import { exportCard } from './citation-card.js';
import { html, nothing, type Html, type Value } from '../site/html.js';
import { wordFor } from '../site/language.js';
import { mailLink } from '../site/layout.js';
import type { Page } from '../site/page.js';
import { organisation } from './people.js';
import { linkable } from '../formats/plain-text.js';
import type { Publication } from '../publications/publications.service.js';

/** The card that says how to get the files. */
export function actionsCard(page: Page, { work, availability }: Publication): Html {
  const { texts, wording, site } = page;
  const { doi, files } = work.record;
  const { files: count, bytes } = extentOf(work);
  const path = `${site.base}${pathOf(doi, { kind: 'page' })}`;
  const extent =
    count > 0 &&
    html`<p class="extent">
      ${texts.fileCount(wording.number(count), count === 1)}, ${wording.bytes(bytes)}
    </p> `;
  const sums =
    files !== undefined &&
    html`<a class="button quiet" href="${path}/manifest-sha256.txt">${texts.checksums}</a>`;
  const ways = (): Html => {
    switch (availability.kind) {
      case 'ready':
        return html`<a class="button" href="${path}/archive.zip">${texts.downloadZip}</a>
          <div class="pair">
            <a class="button quiet" href="${path}/archive.tar">${texts.downloadTar}</a>${sums}
          </div>
          <p class="small soft">${texts.readyNote}</p>`;
      case 'tape':
        if (!site.takesRequests) return html`<p><strong>${texts.onTape}</strong> ${texts.elsewhereNote}</p>`;
        return html`<p><strong>${texts.onTape}</strong> ${texts.onTapeNote}</p>
          <a class="button" href="${page.link(pathOf(doi, { kind: 'request' }))}">${texts.request}</a>
          <div class="pair">${sums}</div>`;
      case 'embargoed':
        return html`<p>
          <strong>${texts.embargoed}.</strong>
          ${texts.embargoNote(wording.end(availability.until, page.site.embargoTimeZone))}
        </p>`;
      case 'elsewhere':
        return html`<p><strong>${texts.elsewhere}</strong> ${texts.elsewhereNote}</p>`;
      case 'unlisted':
        return html`<p>${texts.noFiles}</p>`;
    }
  };
  return html`<section class="card actions" aria-labelledby="get">
    <h2 id="get" class="hidden">${texts.download}</h2>
    ${extent}${ways()}
  </section> `;
}

/** What stands beside the text: facts, versions, exports, use. */
export function factsColumn(page: Page, publication: Publication): Html {
  const { work } = publication;
  return html`<div class="facts">
    ${versionsCard(page, publication)}${detailsCard(page, publication)}${exportCard(page, work)}${usageCard(page, publication)}${contactCard(page, publication)}${machinesCard(page, publication)}
  </div> `;
}

function row(name: string, value: Value): Html {
  return value === undefined || value === false || (Array.isArray(value) && value.length === 0)
    ? nothing
    : html`<dt>${name}</dt>
        <dd>${value}</dd> `;
}

function detailsCard(page: Page, { work }: Publication): Html {
  const { texts, wording } = page;
  const { record } = work;
  const { resource, datasets } = record;
  const licence = licenceOf(work);
  const licenceUrl = linkable(licence?.url);
  const label =
    licence &&
    html`<bdi>${licence.name}</bdi
      >${licence.id !== undefined && licence.id !== licence.name && html` (${licence.id})`}`;
  const kind = wordFor(texts.types, resource.types.resourceTypeGeneral);
  const detail = resource.types.resourceType;
  return html`<section class="card" aria-labelledby="details">
    <h2 id="details">${texts.details}</h2>
    <dl>
      ${row(texts.licence, label === undefined ? texts.noLicence : licenceUrl === undefined ? label : html`<a rel="license" href="${licenceUrl}">${label}</a>`)}${row(
        texts.publisher,
        organisation(page, resource.publisher.name, rorOf(resource.publisher.publisherIdentifier)),
      )}${row(texts.published, html`<time datetime="${record.publishedAt}">${wording.day(record.publishedAt)}</time>`)}${row(
        texts.year,
        String(resource.publicationYear),
      )}${row(texts.type, detail === undefined || detail === '' ? kind : html`${kind} (<bdi>${detail}</bdi>)`)}${row(
        texts.version,
        resource.version,
      )}${row(texts.languageOfWork, resource.language && wording.language(resource.language))}${row(
        texts.instrument,
        terms(datasets.flatMap(({ instruments }) => instruments)),
      )}${row(texts.technique, terms(datasets.flatMap(({ techniques }) => techniques)))}${row(
        texts.sample,
        terms(
          datasets.flatMap(({ samples }) =>
            samples.map(({ id, description }) => ({ name: description ?? id })),
          ),
        ),
      )}${row(
        texts.proposal,
        terms(
          datasets.flatMap(({ proposals }) =>
            proposals.map(({ id, title }) => ({ name: title === undefined ? id : `${title} (${id})` })),
          ),
        ),
      )}${row(texts.keywords, keywords(page, publicationKeywords(record)))}${row(
        texts.dates,
        lines(
          (resource.dates ?? []).map(
            ({ date, dateType }) => html`${wordFor(texts.dateTypes, dateType)}: ${wording.days(date)}`,
          ),
        ),
      )}${row(
        texts.places,
        lines(
          (resource.geoLocations ?? [])
            .map((place) => html`<bdi>${placeText(place)}</bdi>`)
            .filter(({ markup }) => markup !== '<bdi></bdi>'),
        ),
      )}${row(
        texts.otherIds,
        lines(
          (resource.alternateIdentifiers ?? []).map(
            ({ alternateIdentifier, alternateIdentifierType }) =>
              html`<bdi>${alternateIdentifier}</bdi>
                <span class="soft small">${alternateIdentifierType}</span>`,
          ),
        ),
      )}
    </dl>
  </section> `;
}

function placeText({ geoLocationPlace, geoLocationPoint, geoLocationBox }: GeoLocation): string {
  const point = geoLocationPoint && `${geoLocationPoint.pointLatitude}°, ${geoLocationPoint.pointLongitude}°`;
  const box =
    geoLocationBox &&
    `${geoLocationBox.southBoundLatitude}° – ${geoLocationBox.northBoundLatitude}°, ${geoLocationBox.westBoundLongitude}° – ${geoLocationBox.eastBoundLongitude}°`;
  return [geoLocationPlace, point, box].filter((text) => text !== undefined).join(', ');
}

/** Shown of any list of facts: what is beyond is in the exports. */
const maxValues = 60;

function lines(items: readonly Html[]): Html | undefined {
  return items.length === 0
    ? undefined
    : html`<ul class="plain">
        ${items.slice(0, maxValues).map((item) => html`<li>${item}</li>`)}
      </ul>`;
}

function terms(things: readonly { readonly name: string; readonly pid?: string }[]): Html | undefined {
  const unique = [...new Map(things.map((thing) => [thing.name, thing])).values()];
  return lines(
    unique.map(({ name, pid }) => {
      const url = linkable(pid);
      return url === undefined ? html`<bdi>${name}</bdi>` : html`<a href="${url}"><bdi>${name}</bdi></a>`;
    }),
  );
}

function publicationKeywords({ resource, datasets }: Publication['work']['record']): string[] {
  return [
    ...new Set([
      ...(resource.subjects ?? []).map(({ subject }) => subject),
      ...datasets.flatMap((dataset) => dataset.keywords),
    ]),
  ];
}

function keywords(page: Page, words: readonly string[]): Html | undefined {
  return words.length === 0
    ? undefined
    : html`<ul class="tags">
        ${words.slice(0, maxValues).map(
          (word) =>
            html`<li>
              <a class="tag" href="${page.link('/', new URLSearchParams({ keyword: word.slice(0, 200) }))}"
                ><bdi>${word}</bdi></a
              >
            </li>`,
        )}
      </ul>`;
}

function versionsCard(page: Page, { relations, stored }: Publication): Html {
  if (relations.versions.length === 0) return nothing;
  const { texts, wording } = page;
  return html`<section class="card" aria-labelledby="versions">
    <h2 id="versions">${texts.versions}</h2>
    <ol class="plain">
      ${relations.versions.map(({ doi, version, publishedAt }) => {
        const name = version === undefined ? doi : `${texts.version} ${version}`;
        const own = doi.toLowerCase() === stored._id;
        return html`<li>
          ${own ? html`<strong><bdi>${name}</bdi></strong> (${texts.thisVersion})` : html`<a href="${page.link(pathOf(doi, { kind: 'page' }))}"><bdi>${name}</bdi></a>`}
          <span class="soft small">${wording.day(publishedAt)}</span>
        </li> `;
      })}
    </ol>
  </section> `;
}

function usageCard({ texts, wording }: Page, { usage }: Publication): Html {
  if (usage === undefined) return nothing;
  return html`<section class="card" aria-labelledby="usage">
    <h2 id="usage">${texts.usage}</h2>
    <p class="usage">
      <span><strong>${wording.number(usage.views ?? 0)}</strong>${texts.views}</span
      ><span><strong>${wording.number(usage.downloads ?? 0)}</strong>${texts.downloads}</span>
    </p>
    <p class="small soft">${texts.usageNote}</p>
  </section> `;
}

function machinesCard({ texts, site }: Page, { work }: Publication): Html {
  const path = `${site.base}${pathOf(work.record.doi, { kind: 'page' })}`;
  return html`<section class="card" aria-labelledby="machines">
    <h2 id="machines">${texts.machines}</h2>
    <ul class="plain">
      <li>
        <a href="${oaiUrl(work).slice(new URL(landingPageOf(work)).origin.length)}">${texts.oaiRecord}</a>
      </li>
      <li><a href="${path}/linkset.json">${texts.linkset}</a></li>
    </ul>
  </section> `;
}

function contactCard({ texts, site }: Page, { work }: Publication): Html {
  const { contact } = site.theme;
  if (contact === undefined) return nothing;
  return html`<section class="card" aria-labelledby="contact">
    <h2 id="contact">${texts.contact}</h2>
    <p>${texts.contactNote}</p>
    <p>${mailLink(contact, undefined, work.record.doi)}</p>
  </section> `;
}

/** The DOI as people should write it. */
export function doiLine({ texts }: Page, { work }: Publication): Html {
  const { doi, registered } = work.record;
  const url = doiUrl(doi);
  return registered
    ? html`<p class="doi"><span class="hidden">${texts.doi}: </span><a href="${url}">${url}</a></p>`
    : html`<p class="doi">${texts.doi}: <bdi>${doi}</bdi></p>`;
}
