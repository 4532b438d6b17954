import type { WaitTexts } from './wait-text.js';

const self = 'Nichts zu tun: Es geht von selbst weiter.';

export const waitsDe: WaitTexts = {
  words: {
    'message.parked': {
      line: [
        'Eine Nachricht zu diesem Auftrag konnte nicht verarbeitet werden ({code})',
        'Eine Nachricht zu diesem Auftrag konnte nicht verarbeitet werden',
      ],
      todo: 'Die Nachricht ansehen, beheben, was ihr Code nennt, dann wiederholen. Nur verwerfen, wenn niemand sie braucht.',
    },
    paused: {
      line: [
        '{by} hat {scope} angehalten: {reason}',
        '{by} hat das angehalten: {reason}',
        '{reason}',
        'Angehalten',
      ],
      more: ['Art: {mode}.'],
      todo: 'Die genannte Person fragen oder die Pause beenden, wenn ihr Grund entfallen ist.',
    },
    'window.closed': {
      line: ['{target} wird gewartet: {reason}', '{target} wird gewartet', 'Ein Ziel wird gewartet'],
      todo: 'Es geht weiter, wenn das Wartungsfenster endet. Fenster stehen in ROUTES_FILE.',
    },
    deferred: {
      line: ['{by} hat ihn auf später gelegt: {reason}', 'Er beginnt zu einer späteren Zeit'],
      todo: 'Er geht zu dieser Zeit weiter; der Betrieb kann sie ändern.',
    },
    'cancel.waiting': {
      line: [
        'Wird für {by} abgebrochen: {reason}',
        'Wird für {by} abgebrochen',
        'Wird abgebrochen; was davon blieb, wird zurückgenommen ({code})',
        'Wird abgebrochen; Begonnenes wird aufgeräumt',
      ],
      more: ['Auf {share}.'],
      todo: self,
    },
    'catalog.unsent': {
      line: ['Der Katalog kann seine Nachricht nicht senden: Der Broker nimmt sie nicht an'],
      todo: 'Nachsehen, ob catalog-api den Broker erreicht. Danach wird sie von selbst gesendet.',
    },
    'catalog.unaccepted': {
      line: [
        '{app} hat die Nachricht des Katalogs nicht angenommen',
        'Die Nachricht des Katalogs wurde nicht angenommen',
      ],
      todo: 'Nachsehen, ob die App läuft und ihre Warteschlange einen Abnehmer hat.',
    },
    'plan.waiting': {
      line: [
        'Er kann jetzt nicht geplant werden ({code}): {reason}',
        'Er kann jetzt nicht geplant werden: {reason}',
        'Er kann jetzt nicht geplant werden',
      ],
      todo: 'Es wird wieder versucht. Beheben, was genannt ist: meist der Katalog oder ein Speicher, der nicht erreichbar ist.',
    },
    'plan.running': {
      line: ['Wird geplant: {planned} von {datasets} Datensätzen', 'Wird geplant'],
      todo: self,
    },
    'target.unknown': {
      line: [
        'Das Ziel {target} steht nicht mehr in ROUTES_FILE',
        'Die Spur {lane} stammt von einer neueren Version',
        'Sein Ziel ist nicht mehr bekannt',
      ],
      todo: 'Das Ziel in ROUTES_FILE von job-assembler und archiver wieder eintragen oder den Auftrag abbrechen.',
    },
    'limit.global': {
      line: ['Alle {limit} Plätze der Installation sind belegt', 'Alle Plätze der Installation sind belegt'],
      more: ['Platz {place} in der Reihe.', 'Beginn erwartet {expectedAt}.', 'Belegt von {holders}.'],
      todo: 'Es geht weiter, wenn Arbeit endet. Eine höhere Grenze auf Zeit macht es schneller.',
    },
    'limit.group': {
      line: ['Alle {limit} Plätze der Gruppe {group} sind belegt', 'Alle Plätze seiner Gruppe sind belegt'],
      more: ['Platz {place} in der Reihe.', 'Beginn erwartet {expectedAt}.', 'Belegt von {holders}.'],
      todo: 'Es geht weiter, wenn Arbeit der Gruppe endet. Eine höhere Grenze auf Zeit macht es schneller.',
    },
    'limit.target': {
      line: ['Alle {limit} Plätze bei {target} sind belegt', 'Alle Plätze bei seinem Ziel sind belegt'],
      more: ['Platz {place} in der Reihe.', 'Beginn erwartet {expectedAt}.', 'Belegt von {holders}.'],
      todo: 'Es geht weiter, wenn dort Arbeit endet. Eine höhere Grenze auf Zeit macht es schneller.',
    },
    'slot.kept': {
      line: [
        'Der freie Platz bei {target} ist für Arbeit reserviert, die mehrere zugleich braucht',
        'Der freie Platz ist für Arbeit reserviert, die mehrere zugleich braucht',
      ],
      more: ['Das ist {workOrder}, wartend seit {waitingSince}.'],
      todo: self,
    },
    'work.unsent': {
      line: ['Seine Arbeitsaufträge können nicht gesendet werden: Der Broker nimmt sie nicht an'],
      todo: 'Nachsehen, ob job-assembler den Broker erreicht. Danach werden sie von selbst gesendet.',
    },
    'work.unaccepted': {
      line: ['{reason}', 'Kein Archiver hat seine Arbeitsaufträge angenommen'],
      todo: 'Nachsehen, ob ein Archiver lebt, und einen starten.',
    },
    'work.silent': {
      line: [
        '{worker} hat seine Arbeit und gibt seit {seenAt} kein Lebenszeichen',
        '{app} sagt nichts mehr dazu',
        'Der Arbeiter, der ihn hat, sagt nichts mehr',
      ],
      more: ['Ein anderer darf übernehmen: {takeoverAt}.'],
      todo: 'Ist er eingefroren? Den Prozess beenden und neu starten: Ein anderer macht weiter, wenn seine Frist um ist.',
    },
    'source.away': {
      line: [
        'Der Ordner seiner Originale ist nicht eingebunden: {reason}',
        'Der Ordner seiner Originale ist nicht eingebunden ({code})',
        'Der Ordner seiner Originale ist nicht eingebunden',
      ],
      todo: 'Ihn bei den Archivern einbinden. Danach geht es von selbst weiter.',
    },
    'quota.full': {
      line: [
        'Kein Platz mehr: {reason}',
        'Kein Platz mehr bei {share} ({code})',
        'Kein Platz mehr bei {target}',
        'Kein Platz mehr ({code})',
        'Kein Platz mehr',
      ],
      more: ['{free} sind frei, {needed} werden gebraucht.'],
      todo: 'Platz schaffen oder das Kontingent erhöhen.',
    },
    'work.waiting': {
      line: [
        '{share} ist jetzt nicht benutzbar ({code})',
        'Der Langzeitspeicher ist jetzt nicht benutzbar: {reason}',
        'Der Langzeitspeicher ist jetzt nicht benutzbar ({code})',
        'Es wird später versucht',
      ],
      more: ['{free} sind frei, {needed} werden gebraucht.'],
      todo: 'Beheben, was der Code nennt. Es geht von selbst weiter, mit „Jetzt versuchen“ sofort.',
    },
    'copy.missing': {
      line: [
        'Keine gute Kopie ist lesbar: {reason}',
        'Keine gute Kopie ist lesbar ({code})',
        'Keine gute Kopie ist lesbar',
      ],
      todo: 'Das Ziel mit einer guten Kopie einbinden oder sie von dort reparieren lassen.',
    },
    'cold.restoring': {
      line: ['Ein kaltes Objekt wird wiederhergestellt'],
      todo: 'Nichts zu tun: Der Objektspeicher sagt, wann es da ist. Das dauert Minuten bis Tage.',
    },
    'worker.outside': {
      line: [
        'Der Betrieb von {target} macht es: {reason}',
        'Der Betrieb von {target} macht es',
        'Andere betreiben sein Speichersystem',
      ],
      todo: 'Dessen Betrieb fragen; die Vereinbarung mit ihm nennt die Personen.',
    },
    'work.retrying': {
      line: [
        'Fehlgeschlagen, wird wieder versucht: Versuch {attempt} von {of} ({code})',
        'Fehlgeschlagen, wird wieder versucht: {reason}',
        'Fehlgeschlagen, wird wieder versucht',
      ],
      todo: 'Beheben, was der Code nennt. Es wird von selbst versucht, mit „Jetzt versuchen“ sofort.',
    },
    'work.shared-recall': {
      line: ['Auftrag {jobId} holt denselben Datenblock', 'Ein anderer Auftrag holt denselben Datenblock'],
      more: ['Dessen Arbeitsauftrag ist {order}.'],
      todo: 'Nichts zu tun: Beide bekommen ihn.',
    },
    'work.tape': {
      line: [
        'Er wartet auf Kassette {cartridge}',
        'Er wartet auf ein Laufwerk bei {share}',
        '{reason}',
        'Er wartet auf ein Laufwerk, das Einlegen oder die Position eines Bandes',
      ],
      more: ['Platz {place} in der Reihe.', 'Bei {share}.', 'Mit {worker}.'],
      todo: 'Nichts zu tun, solange die Bibliothek arbeitet: Bänder werden in ihrer Reihenfolge gelesen.',
    },
    'work.queued': {
      line: [
        'Alle {slots} Plätze von {workers} Archivern sind belegt',
        'Er wartet auf einen freien Archiver',
      ],
      more: ['Platz {place} in der Reihe.'],
      todo: 'Es geht weiter, wenn Arbeit endet. Mehr Archiver, oder mehr Plätze bei jedem, verkürzen es.',
    },
    'register.waiting': {
      line: ['Er ist archiviert; der Katalog hat ihn noch nicht eingetragen'],
      todo: 'Es geht von selbst weiter. Wenn nicht, nach geparkten Nachrichten sehen.',
    },
    external: {
      line: [
        'Ein anderes System führt ihn aus; zuletzt meldete {by} ({status})',
        'Ein anderes System führt ihn aus',
      ],
      todo: 'Dessen Betrieb fragen. Catena bewahrt nur auf, was es meldet.',
    },
    'work.running': {
      line: [
        'In Arbeit: {phase}, {bytesDone} von {bytesTotal}',
        'In Arbeit: {percent} % fertig',
        'In Arbeit',
      ],
      more: ['{rate}.', 'Noch {secondsLeft}.', 'Mit {worker}.', 'Kassette {cartridge}.'],
      todo: 'Nichts zu tun.',
    },
  },
  unknown: {
    line: ['Er wartet auf „{code}“, wofür diese Version der Konsole keine Worte hat'],
    todo: 'Die Angaben unten sagen, was bekannt ist. Die Dokumentation der neueren Version kennt den Code.',
  },
  phases: {
    planning: 'Planung',
    packing: 'Packen',
    verifying: 'Prüfen',
    recalling: 'Zurückholen',
    waiting: 'Warten',
  },
  changers: {
    owner: 'Sie können das ändern',
    operator: 'Der Betrieb kann das ändern',
    nobody: 'Es geht von selbst weiter',
  },
};
