import { Dialog } from '@base-ui/react/dialog';
import { useState, type FormEvent, type ReactElement } from 'react';
import { CallFault } from '../calls/call.js';
import { Said } from '../parts/said.js';
import { FaultFacts } from '../parts/states.js';
import { useWords } from '../parts/words.js';
import { firstValues, isReason, newKey, type Deed, type Values } from './deed.js';
import { FieldInput } from './field-input.js';

export interface ActDialogProps {
  readonly deed: Deed;
  readonly onDone: (answer: string | undefined) => void;
  readonly onClose: () => void;
}

/** Subjects that are named; of more only how many. */
const maxNamed = 8;

/** One form for everything that people do: what happens, to which, what cannot be undone, and why. */
export function ActDialog({ deed, onDone, onClose }: ActDialogProps): ReactElement {
  const { t } = useWords();
  return (
    <Dialog.Root open onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Viewport className="dialog-place">
          <Dialog.Popup className="dialog">
            <Dialog.Title className="dialog-title">{deed.title}</Dialog.Title>
            <Dialog.Description>{deed.what}</Dialog.Description>
            <ActForm deed={deed} onDone={onDone} />
            <Dialog.Close className="close" aria-label={t.words.close}>
              ×
            </Dialog.Close>
          </Dialog.Popup>
        </Dialog.Viewport>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function ActForm({ deed, onDone }: Pick<ActDialogProps, 'deed' | 'onDone'>): ReactElement {
  const { t } = useWords();
  const [key, setKey] = useState(newKey);
  const [reason, setReason] = useState('');
  const [values, setValues] = useState<Values>(() => firstValues(deed.fields));
  const [isGoing, setGoing] = useState(false);
  const [isShort, setShort] = useState(false);
  const [fault, setFault] = useState<unknown>();

  const act = async (): Promise<void> => {
    setGoing(true);
    setFault(undefined);
    try {
      onDone(await deed.run({ reason: reason.trim(), key, values }));
    } catch (error) {
      setFault(error);
      // What was refused is refused again under its key; what may have been done must keep it.
      if (error instanceof CallFault && !error.isPassing) setKey(newKey());
    } finally {
      setGoing(false);
    }
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const isGood = isReason(reason, deed.reason);
    setShort(!isGood);
    if (isGood && !isGoing) void act();
  };

  return (
    <form onSubmit={submit} className="act-form" noValidate>
      <Subjects deed={deed} />
      {deed.fields?.map((field) => (
        <FieldInput
          key={field.name}
          field={field}
          value={values[field.name]}
          onChange={(value) => setValues({ ...values, [field.name]: value })}
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
      <div className="buttons">
        <Dialog.Close className="button quiet">{t.words.cancel}</Dialog.Close>
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

/** 409: another person was faster, and the sentence says who and what. */
function ActFault({ fault }: { readonly fault: unknown }): ReactElement {
  const { t } = useWords();
  const call = fault instanceof CallFault ? fault : undefined;
  const title = call?.status === 409 ? t.act.changed : t.act.failed;
  return (
    <div className="note stop" role="alert">
      <p className="strong">{title}</p>
      <p>
        <Said text={fault instanceof Error ? fault.message : String(fault)} />
      </p>
      {call !== undefined && (call.status === 0 || call.status >= 500) && <p>{t.act.unknown}</p>}
      {call !== undefined && <FaultFacts fault={call} />}
    </div>
  );
}
