import { doiUrl, doiPath } from '#datacite';
import { contentTypeOf, formats } from '../formats/formats.js';
import { schemaOrgOf } from '../formats/schema-org.js';
import {
  abstractOf,
  landingPageOf,
  licenceOf,
  nameParts,
  oaiUrl,
  orcidOf,
  titleOf,
  type Work,
} from '../formats/work.js';
import { html, jsonForScript, trusted, type Html } from '../site/html.js';
import type { Page } from '../site/page.js';
import { oneLine, visibleTexts } from '../formats/plain-text.js';

/** People named in meta tags: beyond, machines have the exports. */
const maxPeople = 100;
const longest = 500;

type Tag = readonly [name: string, content: string | undefined];

/** The head of a landing page, and the JSON in it that the policy has to allow. */
export function landingHead(page: Page, work: Work): { head: Html; inlineJson: string } {
  const { record } = work;
  const url = landingPageOf(work);
  const inlineJson = jsonForScript(visibleTexts(schemaOrgOf(work)));
  const picture = record.pictures[0];
  const description = oneLine(abstractOf(work) ?? titleOf(work), 300);
  const graph: Tag[] = [
    ['og:type', 'website'],
    ['og:site_name', page.site.theme.name],
    ['og:title', oneLine(titleOf(work), longest)],
    ['og:description', description],
    ['og:url', url],
    ['og:locale', page.language === 'de' ? 'de_DE' : 'en_GB'],
    ['og:image', picture && `${url}/pictures/${encodeURIComponent(picture.name)}`],
  ];
  const head = html`<link rel="canonical" href="${url}" /> ${
      record.registered && html`<link rel="cite-as" href="${doiUrl(record.doi)}" /> `
    }<meta name="description" content="${description}" />
    ${[...dublinCore(work), ...scholar(work)].map(tag('name'))}${graph.map(tag('property'))}<meta
      name="twitter:card"
      content="${picture === undefined ? 'summary' : 'summary_large_image'}"
    />
    ${formats.map(
      (format) =>
        html`<link
          rel="alternate"
          type="${contentTypeOf(format).split(';')[0]}"
          href="${url}/export/${format.name}"
          title="${format.title}"
        /> `,
    )}<link rel="alternate" type="text/xml" href="${oaiUrl(work)}" title="OAI-PMH" />
    <link rel="linkset" type="application/linkset+json" href="${url}/linkset.json" />
    ${trusted(`<script type="application/ld+json">${inlineJson}</script>`)}`;
  return { head, inlineJson };
}

function tag(attribute: 'name' | 'property'): (tag: Tag) => Html | undefined {
  return ([name, content]) =>
    content === undefined || content === ''
      ? undefined
      : html`<meta ${trusted(attribute)}="${name}" content="${content}" /> `;
}

function dublinCore(work: Work): Tag[] {
  const { resource, doi, registered } = work.record;
  const licence = licenceOf(work);
  return [
    ['DC.title', oneLine(titleOf(work), longest)],
    ...resource.creators.slice(0, maxPeople).map(({ name }): Tag => ['DC.creator', oneLine(name, longest)]),
    ...(resource.contributors ?? [])
      .slice(0, maxPeople)
      .map(({ name }): Tag => ['DC.contributor', oneLine(name, longest)]),
    ['DC.identifier', registered ? `https://doi.org/${doiPath(doi)}` : landingPageOf(work)],
    ['DC.publisher', oneLine(resource.publisher.name, longest)],
    ['DC.date', work.record.publishedAt.slice(0, 10)],
    ['DC.type', resource.types.resourceTypeGeneral],
    ['DC.language', resource.language],
    ['DC.rights', licence && (licence.url ?? oneLine(licence.name, longest))],
    ...keywordsOf(work).map((subject): Tag => ['DC.subject', subject]),
    ['DC.description', oneLine(abstractOf(work) ?? '', 2000)],
  ];
}

/** As Google Scholar, Zotero and others read them. */
function scholar(work: Work): Tag[] {
  const { resource, doi, publishedAt } = work.record;
  return [
    ['citation_title', oneLine(titleOf(work), longest)],
    ...resource.creators.slice(0, maxPeople).flatMap((creator): Tag[] => {
      const { family, given } = nameParts(creator);
      return [
        ['citation_author', oneLine(given === undefined ? family : `${family}, ${given}`, longest)],
        [
          'citation_author_institution',
          creator.affiliation?.[0] && oneLine(creator.affiliation[0].name, longest),
        ],
        ['citation_author_orcid', orcidOf(creator)],
      ];
    }),
    ['citation_publication_date', publishedAt.slice(0, 10).replaceAll('-', '/')],
    ['citation_online_date', publishedAt.slice(0, 10).replaceAll('-', '/')],
    ['citation_doi', doi],
    ['citation_publisher', oneLine(resource.publisher.name, longest)],
    ['citation_language', resource.language],
    ['citation_keywords', keywordsOf(work).join('; ')],
    ['citation_abstract_html_url', landingPageOf(work)],
  ];
}

function keywordsOf({ record }: Work): string[] {
  return (record.resource.subjects ?? []).slice(0, maxPeople).map(({ subject }) => oneLine(subject, longest));
}
