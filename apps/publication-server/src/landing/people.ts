import type { Contributor, Person } from '#datacite';
import { nameParts, orcidOf, rorOf } from '../formats/work.js';
import { html, trusted, type Html, type Value } from '../site/html.js';
import { wordFor } from '../site/language.js';
import type { Page } from '../site/page.js';

/** People shown at once; the others are behind a click. */
const shownAtOnce = 40;

const orcidIcon = trusted(
  '<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false"><circle cx="12" cy="12" r="12" fill="#a6ce39"/>' +
    '<path fill="#fff" d="M7 9h1.7v8.4H7zM7.85 6a1.05 1.05 0 1 1 0 2.1 1.05 1.05 0 0 1 0-2.1zM10.6 9h3.3c3 0 4.4 2.1 4.4 4.2 0 2.5-1.9 4.2-4.3 4.2h-3.4zm1.7 1.5v5.4h1.5c2.3 0 2.8-1.7 2.8-2.7 0-1.6-1-2.7-3.1-2.7z"/></svg>',
);

/** Creators as papers print them: names with numbers of affiliations, which follow below. */
export function creatorList(page: Page, creators: readonly Person[]): Html {
  const affiliations = new Map<
    string,
    { readonly name: string; readonly ror?: string; readonly number: number }
  >();
  for (const { affiliation = [] } of creators)
    for (const { name, affiliationIdentifier } of affiliation)
      if (!affiliations.has(name)) {
        const ror = rorOf(affiliationIdentifier);
        affiliations.set(name, {
          name,
          number: affiliations.size + 1,
          ...(ror === undefined ? {} : { ror }),
        });
      }
  const several = affiliations.size > 1;
  const items = creators.map((creator) => {
    const numbers = several
      ? [...new Set((creator.affiliation ?? []).map(({ name }) => affiliations.get(name)?.number ?? 0))].sort(
          (left, right) => left - right,
        )
      : [];
    // The separator after a name follows without a space: the style makes it.
    return html`<li>
      <span>${personName(page, creator)}${numbers.length > 0 && html`<sup>${numbers.join(',')}</sup>`}</span>
    </li>`;
  });
  const lines = [...affiliations.values()].map(
    ({ name, ror, number }) =>
      html`<li>${several && html`<sup>${number}</sup>`}${organisation(page, name, ror)}</li>`,
  );
  return html`${folded(page, items, 'people')}${lines.length > 0 && html`<div role="group" aria-label="${page.texts.affiliations}">${folded(page, lines, 'affiliations')}</div>`}`;
}

function folded({ texts, wording }: Page, items: readonly Html[], className: string): Html {
  const more = items.slice(shownAtOnce);
  return html`<ul class="${className}">
      ${items.slice(0, shownAtOnce)}
    </ul>
    ${
      more.length > 0 &&
      html`<details>
        <summary>${texts.showAll(wording.number(items.length))}</summary>
        <ul class="${className}">
          ${more}
        </ul>
      </details>`
    }`;
}

/** A name in reading order with a link to its ORCID or ROR. */
function personName(page: Page, person: Person): Html {
  const { family, given } = nameParts(person);
  const name = given === undefined || given === '' ? family : `${given} ${family}`;
  const orcid = orcidOf(person);
  if (orcid !== undefined)
    return html`<bdi>${name}</bdi
      ><a class="orcid" href="${orcid}" title="${orcid}"
        ><span class="hidden">${page.texts.orcidOf(name)}</span>${orcidIcon}</a
      >`;
  const ror = person.nameIdentifiers?.map(({ nameIdentifier }) => rorOf(nameIdentifier)).find(Boolean);
  return ror === undefined ? html`<bdi>${name}</bdi>` : organisation(page, name, ror);
}

export function organisation({ texts }: Page, name: string, ror: string | undefined): Html {
  if (ror === undefined) return html`<bdi>${name}</bdi>`;
  return html`<a href="${ror}" title="${texts.rorOf(name)}"><bdi>${name}</bdi></a>`;
}

/** Contributors grouped by what they did. */
export function contributorRows(page: Page, contributors: readonly Contributor[]): Value {
  const roles = new Map<string, Contributor[]>();
  for (const contributor of contributors)
    roles.set(contributor.contributorType, [...(roles.get(contributor.contributorType) ?? []), contributor]);
  return [...roles].map(
    ([role, people]) =>
      html`<dt>${wordFor(page.texts.contributorTypes, role)}</dt>
        <dd>
          ${folded(
            page,
            people.map((person) => html`<li>${personName(page, person)}</li>`),
            'people',
          )}
        </dd> `,
  );
}
