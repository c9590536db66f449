// A form that sends a request: its fields, its errors, its button.

import type { Failure, Result } from 'latchkey';
import { createContext, type ComponentChildren, type TargetedEvent } from 'preact';
import { useContext, useEffect, useId, useRef, useState } from 'preact/hooks';
import { fieldErrors, sayFailure, type Words } from '../failures';
import { call } from '../session';
import { t } from '../texts';
import { Alert } from './messages';
import { Button } from './button';

/** The texts that were typed, by the names of the fields. */
export type Values = Record<string, string>;

interface FormState {
  errors: Map<string, string>;
  /** Tells the form that a field is there, so that errors of these names are shown beside it. */
  register(names: string[]): () => void;
}

const Context = createContext<FormState>({ errors: new Map(), register: () => () => {} });

interface FormProps {
  /** The text of the button. */
  submit: string;
  /** Sends what was typed. */
  send(values: Values): Promise<Result<unknown>>;
  /** Called after a success. */
  done?(values: Values): void;
  /** Looks at what was typed before it is sent. Returns errors by field. */
  check?(values: Values): Values | undefined;
  /** What to say in place of the usual words. */
  words?: Words;
  /** Called after a failure. Returns true if the page takes care of it. */
  failed?(failure: Failure): boolean;
  /** Whether the fields are emptied after a success. */
  resets?: boolean;
  children?: ComponentChildren;
  /** Further buttons beside the first. */
  actions?: ComponentChildren;
}

export function Form({ submit, send, done, check, words, failed, resets, children, actions }: FormProps) {
  const form = useRef<HTMLFormElement>(null);
  const fields = useRef(new Set<string>());
  const [isBusy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<{ errors: Map<string, string>; message?: string | undefined }>({
    errors: new Map(),
  });
  const [state] = useState<Pick<FormState, 'register'>>(() => ({
    register: (names) => {
      names.forEach((name) => fields.current.add(name));
      return () => names.forEach((name) => fields.current.delete(name));
    },
  }));

  const isMounted = useRef(true);
  useEffect(() => () => void (isMounted.current = false), []);

  // The first thing that is wrong gets the focus.
  useEffect(() => {
    if (!outcome.errors.size && !outcome.message) return;
    const target = form.current?.querySelector<HTMLElement>('[aria-invalid=true], [role=alert]');
    target?.focus();
  }, [outcome]);

  const handle = async (event: TargetedEvent<HTMLFormElement, SubmitEvent>) => {
    event.preventDefault();
    if (isBusy) return;
    const element = event.currentTarget;
    const values = Object.fromEntries([...new FormData(element)].map(([name, value]) => [name, String(value)]));
    const errors = new Map(Object.entries({ ...missing(element), ...check?.(values) }));
    if (errors.size) return setOutcome({ errors });
    setBusy(true);
    setOutcome({ errors: new Map() });
    const result = await call(() => send(values));
    if (!isMounted.current) return result.ok ? done?.(values) : undefined;
    setBusy(false);
    if (result.ok) {
      if (resets) element.reset();
      done?.(values);
    } else if (!failed?.(result.failure)) {
      const shown = fields.current;
      const known = new Map([...fieldErrors(result.failure)].filter(([name]) => shown.has(name)));
      setOutcome({ errors: known, message: sayFailure(result.failure, words, shown) });
    }
  };

  return (
    <form ref={form} onSubmit={handle} noValidate>
      {outcome.message && <Alert>{outcome.message}</Alert>}
      <Context.Provider value={{ ...state, errors: outcome.errors }}>{children}</Context.Provider>
      <div class="actions">
        <Button type="submit" kind="primary" isBusy={isBusy}>
          {submit}
        </Button>
        {actions}
      </div>
    </form>
  );
}

/** Returns an error for each required field that is empty. */
function missing(form: HTMLFormElement): Values {
  const inputs = [...form.querySelectorAll<HTMLInputElement>('input[required]')];
  return Object.fromEntries(
    inputs.filter((input) => !input.value.trim()).map((input) => [input.name, t.errors['required']!]),
  );
}

interface FieldProps {
  name: string;
  label: string;
  type?: 'text' | 'email' | 'tel' | 'password';
  autocomplete?: string;
  inputMode?: 'text' | 'email' | 'tel' | 'numeric';
  optional?: boolean;
  hint?: string | undefined;
  value?: string | undefined;
  placeholder?: string;
  /** Names by which the API tells errors of this field, if they are not its own name. */
  errorNames?: readonly string[];
}

/** A field with its label, hint and error. Passwords can be shown. */
export function Field({
  name,
  label,
  type = 'text',
  autocomplete,
  inputMode,
  optional,
  hint,
  value,
  placeholder,
  errorNames = [],
}: FieldProps) {
  const id = useId();
  const { errors, register } = useContext(Context);
  const [isShown, setShown] = useState(false);
  const names = [name, ...errorNames];
  useEffect(() => register(names), [name]);
  const error = names.map((known) => errors.get(known)).find(Boolean);
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  const isPassword = type === 'password';
  return (
    <div class="field">
      <label for={id}>
        {label} {optional && <span class="muted">{t.common.optional}</span>}
      </label>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <div class="input">
        <input
          id={id}
          name={name}
          type={(isPassword && isShown ? 'text' : type) as 'text'}
          autocomplete={autocomplete as 'on'}
          inputMode={inputMode}
          autocapitalize="none"
          spellcheck={false}
          required={!optional}
          defaultValue={value}
          placeholder={placeholder}
          aria-invalid={error ? 'true' : undefined}
          aria-describedby={described || undefined}
        />
        {isPassword && (
          <button
            type="button"
            class="reveal"
            aria-label={isShown ? t.common.hidePassword : t.common.showPassword}
            onClick={() => setShown(!isShown)}
          >
            <Eye isOpen={isShown} />
          </button>
        )}
      </div>
      {error && (
        <p class="error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

/** Tells password managers whose password a form is about. People do not see it. */
export const PasswordOwner = ({ name }: { name: string }) => (
  <input class="unseen" type="text" autocomplete="username" value={name} readOnly tabIndex={-1} aria-hidden="true" />
);

/** A field for a code that was sent, or that an app shows. The API calls some of them `key`. */
export const CodeField = ({ label = t.fields.code, isNumeric = false }: { label?: string; isNumeric?: boolean }) => (
  <Field
    name="code"
    label={label}
    autocomplete="one-time-code"
    inputMode={isNumeric ? 'numeric' : 'text'}
    errorNames={['key']}
  />
);

function Eye({ isOpen }: { isOpen: boolean }) {
  return (
    <svg
      viewBox="0 0 24 24"
      width="20"
      height="20"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      stroke-width="1.75"
    >
      <path d="M2 12s3.5-6.5 10-6.5S22 12 22 12s-3.5 6.5-10 6.5S2 12 2 12z" />
      <circle cx="12" cy="12" r="3" />
      {!isOpen && <path d="M4 20 20 4" />}
    </svg>
  );
}
