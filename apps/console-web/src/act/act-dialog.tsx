import { Dialog } from '@base-ui/react/dialog';
import { useState, type FormEvent, type ReactElement } from 'react';
import { CallFault } from '../calls/call.js';
import { Said } from '../parts/said.js';
import { FaultFacts } from '../parts/states.js';
import { useWords } from '../parts/words.js';
import {
  firstValues,
  halfFilled,
  isReason,
  newKey,
  troublesOf,
  type Answer,
  type Deed,
  type Troubles,
  type Values,
} from './deed.js';
import { faultTitle } from './faults.js';
import { FieldInput } from './field-input.js';
import { PartlyDone } from './partly-done.js';

export interface ActDialogProps {
  readonly deed: Deed;
  /** Meanwhile it is not closed: nobody would hear what came of it. */
  readonly isGoing: boolean;
  readonly onGoing: (deed: Deed, isGoing: boolean) => void;
  readonly onDone: (deed: Deed, answer: Answer) => void;
  /** Not all of it was done: what is shown may be old. */
  readonly onPartly: () => void;
  readonly onClose: () => void;
}

/** Subjects that are named; of more only how many. */
const maxNamed = 8;

/** One form for everything that people do: what happens, to which, what cannot be undone, and why. */
export function ActDialog({ onClose, ...form }: ActDialogProps): ReactElement {
  const { t } = useWords();
  const { deed } = form;
  return (
    <Dialog.Root open onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Viewport className="dialog-place">
          <Dialog.Popup className="dialog">
            <Dialog.Title className="dialog-title">{deed.title}</Dialog.Title>
            <Dialog.Description>{deed.what}</Dialog.Description>
            <ActForm {...form} />
            <Dialog.Close className="close" aria-label={t.words.close}>
              ×
            </Dialog.Close>
          </Dialog.Popup>
        </Dialog.Viewport>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function ActForm({
  deed,
  isGoing,
  onGoing,
  onDone,
  onPartly,
}: Omit<ActDialogProps, 'onClose'>): ReactElement {
  const { t } = useWords();
  const [key, setKey] = useState(newKey);
  const [reason, setReason] = useState('');
  const [values, setValues] = useState<Values>(() => firstValues(deed.fields));
  const [stop, setStop] = useState(() => new AbortController());
  const [isStopped, setStopped] = useState(false);
  const [isShort, setShort] = useState(false);
  /** What could not be sent as it was filled in, by the names of fields. */
  const [troubles, setTroubles] = useState<Troubles>({});
  const [fault, setFault] = useState<unknown>();

  const act = async (): Promise<void> => {
    const stopping = new AbortController();
    setStop(stopping);
    setStopped(false);
    onGoing(deed, true);
    setFault(undefined);
    try {
      onDone(deed, await deed.run({ reason: reason.trim(), key, values, signal: stopping.signal }));
    } catch (error) {
      setFault(error);
      // Whatever came of it, what is shown may be old.
      onPartly();
      // What was refused is refused again under its key; what may have been done must keep it.
      if (error instanceof CallFault && !error.keepsKey) setKey(newKey());
    } finally {
      onGoing(deed, false);
    }
  };
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const isGood = isReason(reason, deed.reason);
    const found = troublesOf(deed.fields, values, halfFilled(event.currentTarget.elements));
    setShort(!isGood);
    setTroubles(found);
    if (isGood && Object.keys(found).length === 0 && !isGoing) void act();
  };

  return (
    <form onSubmit={submit} className="act-form" noValidate>
      <Subjects deed={deed} />
      <LeftOut leftOut={deed.leftOut} />
      {deed.fields?.map((field) => (
        <FieldInput
          key={field.name}
          field={field}
          value={values[field.name]}
          trouble={troubles[field.name]}
          onChange={(value) => {
            setValues({ ...values, [field.name]: value });
            setTroubles({ ...troubles, [field.name]: undefined });
          }}
        />
      ))}
      {deed.reason !== 'none' && (
        <ReasonInput deed={deed} reason={reason} isShort={isShort} onChange={setReason} />
      )}
      <p className="small">
        <span className="soft">{t.act.undo}: </span>
        {deed.undo}
      </p>
      {fault !== undefined && <ActFault fault={fault} />}
      {isGoing && <p className="soft small">{t.act.staysOpen}</p>}
      <div className="buttons">
        {isGoing && deed.canStop === true ? (
          <button
            type="button"
            className="button quiet"
            aria-disabled={isStopped}
            onClick={() => {
              stop.abort();
              setStopped(true);
            }}
          >
            {t.act.stop}
          </button>
        ) : (
          <Dialog.Close className="button quiet" aria-disabled={isGoing}>
            {t.words.cancel}
          </Dialog.Close>
        )}
        <button
          type="submit"
          className={deed.isDanger === true ? 'button danger' : 'button'}
          aria-disabled={isGoing}
        >
          {isGoing ? t.act.going : fault === undefined ? deed.confirm : t.act.tryAgain}
        </button>
      </div>
    </form>
  );
}

function Subjects({ deed: { subjects } }: { readonly deed: Deed }): ReactElement | null {
  const { t, f } = useWords();
  if (subjects.length === 0) return null;
  return (
    <div className="subjects">
      <span className="soft small">{t.act.whom}</span>
      <ul>
        {subjects.slice(0, maxNamed).map((subject) => (
          <li key={subject}>
            <Said text={subject} most={200} isCode />
          </li>
        ))}
        {subjects.length > maxNamed && <li>{t.jobs.andMore(f.number(subjects.length - maxNamed))}</li>}
      </ul>
    </div>
  );
}

function LeftOut({ leftOut = [] }: Pick<Deed, 'leftOut'>): ReactElement | null {
  const { t, f } = useWords();
  if (leftOut.length === 0) return null;
  return (
    <div className="left-out">
      <span className="soft">{t.many.leftOut(leftOut.length, f.number(leftOut.length))}</span>
      <ul>
        {leftOut.map(({ subject, why }) => (
          <li key={subject}>
            <Said text={subject} most={200} isCode /> {why}
          </li>
        ))}
      </ul>
    </div>
  );
}

interface ReasonInputProps {
  readonly deed: Deed;
  readonly reason: string;
  readonly isShort: boolean;
  readonly onChange: (reason: string) => void;
}

function ReasonInput({ deed, reason, isShort, onChange }: ReasonInputProps): ReactElement {
  const { t } = useWords();
  const label = deed.reasonLabel ?? (deed.reason === 'required' ? t.act.reason : t.act.reasonOptional);
  return (
    <div className="field">
      <label htmlFor="act-reason">{label}</label>
      <textarea
        id="act-reason"
        rows={2}
        maxLength={500}
        value={reason}
        required={deed.reason === 'required'}
        aria-invalid={isShort}
        aria-describedby="act-reason-hint"
        onChange={({ target }) => onChange(target.value)}
      />
      <p id="act-reason-hint" className={isShort ? 'hint bad' : 'hint'} role={isShort ? 'alert' : undefined}>
        {isShort ? t.act.tooShort : t.act.reasonHint}
      </p>
    </div>
  );
}

/** 409: another person was faster, and the sentence says who and what; or the same call is under way. */
function ActFault({ fault }: { readonly fault: unknown }): ReactElement {
  const { t } = useWords();
  if (fault instanceof PartlyDone) return <PartlyFault fault={fault} />;
  const call = fault instanceof CallFault ? fault : undefined;
  return (
    <div className="note stop" role="alert">
      <p className="strong">{faultTitle(t, fault)}</p>
      <p>
        <Said text={fault instanceof Error ? fault.message : String(fault)} />
      </p>
      {call !== undefined && call.isOpen && call.status !== 409 && <p>{t.act.unknown}</p>}
      {call !== undefined && <FaultFacts fault={call} />}
    </div>
  );
}

/** How many were done, and each that was not, with why. */
function PartlyFault({ fault: { done, notDone } }: { readonly fault: PartlyDone }): ReactElement {
  const { t, f } = useWords();
  return (
    <div className="note stop" role="alert">
      <p className="strong">{t.many.partly}</p>
      <p>{t.many.done(f.number(done), f.number(done + notDone.length))}</p>
      <div className="left-out">
        <span className="soft">{t.many.left}:</span>
        <ul>
          {notDone.map(({ subject, code, message, isUntried }) => (
            <li key={subject}>
              <Said text={subject} most={200} isCode /> {code !== '' && <code>{code}</code>}{' '}
              {isUntried === true ? t.many.untried : <Said text={message} most={300} />}
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
