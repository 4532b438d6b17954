import type { ReactElement } from 'react';
import type { PublicationRow } from '../calls/running-shapes.js';
import type { Formats } from '../parts/formats.js';
import { Status } from '../parts/status.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords, wordOf } from '../parts/words.js';
import type { Texts } from '../texts/texts-en.js';
import { placesOf, type PlaceShown } from './standing.js';

const looks: Readonly<Record<PlaceShown['agrees'], string>> = {
  ...{ yes: 'done', no: 'failed', open: 'waits', unknown: 'waiting' },
};

/** What the catalogue, DataCite and the public pages have confirmed, and what differs. */
export function PlaceTable({ publication }: { readonly publication: PublicationRow }): ReactElement {
  const { t, f } = useWords();
  const { placeColumns: columns } = t.publication;
  const places = placesOf(publication);
  return (
    <section className="card" aria-labelledby="places">
      <h2 id="places">{t.publication.places}</h2>
      <table className="rows plain-table stacked places" aria-rowcount={places.length + 1}>
        <caption className="hidden">{t.publication.placesCaption}</caption>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col">{columns.place}</th>
            <th scope="col">{columns.agrees}</th>
            <th scope="col">{columns.has}</th>
          </tr>
        </thead>
        <tbody>
          {places.map(({ place, agrees }, index) => (
            <tr key={place} aria-rowindex={index + 2}>
              <th scope="row">{t.publication.placeNames[place]}</th>
              <td>
                <Status code={looks[agrees]} word={t.publication.agrees[agrees]} />
              </td>
              <td>
                {hasTexts(place, publication, t, f).join(' · ')}{' '}
                <CheckedAt place={place} publication={publication} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface CheckedAtProps {
  readonly place: PlaceShown['place'];
  readonly publication: PublicationRow;
}

function CheckedAt({ place, publication }: CheckedAtProps): ReactElement | null {
  const { t } = useWords();
  const { registry, pushed } = publication;
  const at = place === 'datacite' ? registry?.checkedAt : place === 'public' ? pushed?.at : undefined;
  if (at === undefined) return null;
  return (
    <span className="sub">
      {place === 'datacite' && `${t.publication.checked} `}
      <When at={at} />
    </span>
  );
}

function hasTexts(
  place: PlaceShown['place'],
  publication: PublicationRow,
  t: Texts,
  f: Formats,
): readonly string[] {
  const { version, reported = 0, registry, pushed, revision = 0, attributesDigest } = publication;
  const words = t.publication;
  switch (place) {
    case 'catalogue':
      return [
        ...(version === undefined ? [] : [words.version(f.number(version))]),
        reported === 0 ? words.untold : words.told(f.number(reported)),
      ];
    case 'datacite':
      return [
        visible(wordOf(words.doiStates, registry?.state ?? t.time.unknown)),
        ...(registry?.uncertain === true ? [words.uncertain] : []),
        ...(registry?.attributesDigest !== undefined &&
        attributesDigest !== undefined &&
        registry.attributesDigest !== attributesDigest
          ? [words.otherMetadata]
          : []),
      ];
    case 'public':
      if (pushed === undefined) return [words.nothing];
      return [
        pushed.revision === revision
          ? words.revision(f.number(pushed.revision))
          : words.ofRevision(f.number(pushed.revision), f.number(revision)),
        ...(pushed.lost === true ? [words.lost] : []),
      ];
  }
}
