import { bareDoi, relatedUrl, titleOf } from '../formats/work.js';
import { pathOf } from '../publications/addresses.js';
import { filesTable } from './files-table.js';
import { html, nothing, type Html } from '../site/html.js';
import { wordFor } from '../site/language.js';
import { citationCard } from './citation-card.js';
import { actionsCard, doiLine, factsColumn } from './landing-facts.js';
import { landingHead } from './landing-head.js';
import { layout } from '../site/layout.js';
import type { Page } from '../site/page.js';
import { contributorRows, creatorList } from './people.js';
import { linkable, oneLine } from '../formats/plain-text.js';
import type { Publication } from '../publications/publications.service.js';

/** Shown of long lists; exports have all. */
const maxRows = 200;
/** Characters of a text shown at once. */
const longText = 20_000;

/** The landing page of a publication, and the inline JSON its policy has to allow. */
export function landingPage(page: Page, publication: Publication): { markup: string; inlineJson: string } {
  const { work } = publication;
  const { texts, wording } = page;
  const { record } = work;
  const { resource } = record;
  const { head, inlineJson } = landingHead(page, work);
  const [, ...otherTitles] = resource.titles;
  const title = titleOf(work);
  const main = html`<article class="work wrap">
    ${notices(page, publication)}
    <header>
      <p class="meta">
        <span class="tag">${wordFor(texts.types, resource.types.resourceTypeGeneral)}</span>${
          resource.version !== undefined && html`<span>${texts.version} <bdi>${resource.version}</bdi></span>`
        }<span
          >${texts.published}
          <time datetime="${record.publishedAt}">${wording.day(record.publishedAt)}</time></span
        >
      </p>
      <h1 dir="auto" ${languageAttribute(resource.titles[0]?.lang)}>${oneLine(title, 2000)}</h1>
      ${otherTitles.map(
        ({ title: other, lang }) =>
          html`<p dir="auto" class="soft" ${languageAttribute(lang)}>${oneLine(other, 2000)}</p> `,
      )}${creatorList(page, resource.creators)}
      ${doiLine(page, publication)}
    </header>
    <div class="columns">
      ${actionsCard(page, publication)}
      <div class="body">
        ${descriptions(page, publication)}${citationCard(page, work)}${pictures(page, publication)}${filesCard(page, publication)}${datasetsCard(page, publication)}${relatedCard(page, publication)}${peopleCard(page, publication)}
      </div>
      ${factsColumn(page, publication)}
    </div>
  </article> `;
  return { markup: layout(page, { title, head, main }), inlineJson };
}

function languageAttribute(lang: string | undefined): Html | undefined {
  return lang !== undefined && /^[a-z]{1,8}(-[a-z0-9]{1,8})*$/i.test(lang)
    ? html` lang="${lang}"`
    : undefined;
}

/** A text in its paragraphs. */
function paragraphs(text: string, lang: string | undefined): Html {
  const parts = text
    .slice(0, longText)
    .split(/\n\s*\n/)
    .filter((part) => part.trim() !== '');
  return html`<div class="abstract" ${languageAttribute(lang)}>
    ${parts.map((part) => html`<p dir="auto">${part.trim()}</p> `)}
  </div>`;
}

function notices(page: Page, { work, relations, availability }: Publication): Html {
  const { texts, wording } = page;
  const { newest } = relations;
  return html`${
    newest !== undefined &&
    html`<div class="note" role="note">
      <p>
        <strong>${texts.newerVersion}</strong>
        <a href="${page.link(pathOf(newest.doi, { kind: 'page' }))}"
          ><bdi>${oneLine(newest.title, 200)}</bdi></a
        >${newest.version !== undefined && html` (${texts.version} <bdi>${newest.version}</bdi>)`}
      </p>
    </div> `
  }${
    !work.record.registered &&
    html`<div class="note" role="note">
      <p><strong>${texts.notRegistered}</strong> ${texts.notRegisteredNote}</p>
    </div> `
  }${
    availability.kind === 'embargoed' &&
    html`<div class="note" role="note">
      <p>
        <strong>${texts.embargoed}.</strong>
        ${texts.embargoNote(wording.end(availability.until, page.site.embargoTimeZone))}
      </p>
    </div> `
  }`;
}

function descriptions({ texts }: Page, { work }: Publication): Html {
  const all = work.record.resource.descriptions ?? [];
  const abstract = all.find(({ descriptionType }) => descriptionType === 'Abstract') ?? all[0];
  const others = all.filter((one) => one !== abstract);
  return html`<section class="card" aria-labelledby="abstract">
    <h2 id="abstract">
      ${abstract === undefined ? texts.abstract : wordFor({ ...texts.descriptionTypes, Abstract: texts.abstract }, abstract.descriptionType)}
    </h2>
    ${
      abstract === undefined
        ? html`<p class="soft">${texts.noAbstract}</p>`
        : paragraphs(abstract.description, abstract.lang)
    }
    ${others.slice(0, maxRows).map(
      ({ description, descriptionType, lang }) =>
        html`<h3>${wordFor(texts.descriptionTypes, descriptionType)}</h3>
          ${paragraphs(description, lang)}`,
    )}
  </section> `;
}

function pictures({ texts, site }: Page, { work }: Publication): Html {
  const { pictures: all, doi } = work.record;
  if (all.length === 0) return nothing;
  return html`<section class="card" aria-labelledby="pictures">
    <h2 id="pictures">${texts.pictures}</h2>
    <ul class="gallery">
      ${all.map(({ name, caption }) => {
        const address = `${site.base}${pathOf(doi, { kind: 'picture', name })}`;
        return html`<li>
          <figure>
            <a href="${address}"
              ><img src="${address}" alt="${oneLine(caption, 300) || name}" loading="lazy" /></a
            >${caption !== '' && html`<figcaption dir="auto">${oneLine(caption, 300)}</figcaption>`}
          </figure>
        </li> `;
      })}
    </ul>
  </section> `;
}

function filesCard(page: Page, { work, files, availability }: Publication): Html {
  const { texts, wording } = page;
  const { files: list, doi } = work.record;
  if (list === undefined || files.length === 0) return nothing;
  return html`<section class="card" aria-labelledby="files">
    <h2 id="files">${texts.files}</h2>
    ${filesTable(page, doi, files, availability.kind === 'ready')}${
      list.count > files.length &&
      html`<p>
        <a class="button quiet" href="${page.link(pathOf(doi, { kind: 'files' }))}"
          >${texts.allFiles(wording.number(list.count))}</a
        >
      </p>`
    }
  </section> `;
}

function datasetsCard({ texts, wording }: Page, { work }: Publication): Html {
  const { datasets } = work.record;
  if (datasets.length === 0) return nothing;
  return html`<section class="card" aria-labelledby="datasets">
    <h2 id="datasets">${texts.datasets}</h2>
    ${datasets.slice(0, maxRows).map(
      ({ pid, name, type, description, files, size, createdAt, endedAt }) =>
        html`<div class="dataset">
          <h3><bdi>${oneLine(name, 300)}</bdi></h3>
          ${description !== undefined && description !== '' && html`<p dir="auto">${oneLine(description, 1000)}</p>`}
          <p class="meta">
            <span><bdi>${type}</bdi></span
            ><span>${texts.fileCount(wording.number(files), files === 1)}, ${wording.bytes(size)}</span>${
              (createdAt ?? endedAt) !== undefined &&
              html`<span
                >${wording.days(createdAt === undefined || endedAt === undefined ? (createdAt ?? endedAt ?? '') : `${createdAt}/${endedAt}`)}</span
              >`
            }<code><bdi>${pid}</bdi></code>
          </p>
        </div> `,
    )}${datasets.length > maxRows && html`<p class="soft">${texts.andMore(wording.number(datasets.length - maxRows))}</p>`}
  </section> `;
}

function relatedCard(page: Page, { work, relations }: Publication): Html {
  const { texts } = page;
  const own = work.record.resource.relatedIdentifiers ?? [];
  if (own.length + relations.incoming.length === 0) return nothing;
  const rows = own.slice(0, maxRows).map(({ relatedIdentifier, relatedIdentifierType, relationType }) => {
    const doi = bareDoi(relatedIdentifier);
    const url = linkable(
      relatedUrl(doi ?? relatedIdentifier, doi === undefined ? relatedIdentifierType : 'DOI'),
    );
    const shown = html`<bdi
      >${oneLine(doi === undefined ? relatedIdentifier : `https://doi.org/${doi}`, 300)}</bdi
    >`;
    return html`<dt>${wordFor(texts.relations, relationType)}</dt>
      <dd>
        ${url === undefined ? shown : html`<a href="${url}">${shown}</a>`}${doi === undefined && url === undefined && html` <span class="soft small">${relatedIdentifierType}</span>`}
      </dd> `;
  });
  const incoming = relations.incoming.map(
    ({ relation, from }) =>
      html`<dt>${wordFor(texts.relations, relation)}</dt>
        <dd>
          <a href="${page.link(pathOf(from.doi, { kind: 'page' }))}"
            ><bdi>${oneLine(from.title, 200)}</bdi></a
          >
        </dd> `,
  );
  return html`<section class="card" aria-labelledby="related">
    <h2 id="related">${texts.related}</h2>
    <dl class="terms">${rows}${incoming}</dl>
  </section> `;
}

function peopleCard(page: Page, { work }: Publication): Html {
  const { texts } = page;
  const { contributors = [], fundingReferences = [] } = work.record.resource;
  const funding = fundingReferences
    .slice(0, maxRows)
    .map(({ funderName, funderIdentifier, awardNumber, awardTitle, awardUri }) => {
      const funder = linkable(funderIdentifier);
      const award = linkable(awardUri);
      const grant = [awardTitle, awardNumber].filter((text) => text !== undefined && text !== '').join(', ');
      return html`<li>
        ${funder === undefined ? html`<bdi>${funderName}</bdi>` : html`<a href="${funder}"><bdi>${funderName}</bdi></a>`}${
          grant !== '' &&
          html`:
          ${award === undefined ? html`<bdi>${grant}</bdi>` : html`<a href="${award}"><bdi>${grant}</bdi></a>`}`
        }
      </li> `;
    });
  return html`${
    funding.length > 0 &&
    html`<section class="card" aria-labelledby="funding">
      <h2 id="funding">${texts.funding}</h2>
      <ul class="plain">
        ${funding}
      </ul>
    </section> `
  }${
    contributors.length > 0 &&
    html`<section class="card" aria-labelledby="contributors">
      <h2 id="contributors">${texts.contributors}</h2>
      <dl class="terms">${contributorRows(page, contributors)}</dl>
    </section> `
  }`;
}
