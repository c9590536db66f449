// A form that sends a request, with its errors and its button. Its fields are in `field.tsx`.

import type { Failure, Result } from 'latchkey';
import { createContext, type ComponentChildren, type TargetedEvent } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { fieldErrors, sayFailure, type Words } from '../failures';
import { call } from '../session';
import { t } from '../texts';
import { Alert } from './messages';
import { Button } from './button';

/** The typed texts, by field name. */
export type Values = Record<string, string>;

interface FormState {
  errors: Map<string, string>;
  /** Registers a field with the form, so that errors with these names are shown beside it. */
  register(names: string[]): () => void;
}

export const FormContext = createContext<FormState>({ errors: new Map(), register: () => () => {} });

interface FormProps {
  /** The text of the button. */
  submit: string;
  /** Sends the typed texts. */
  send(values: Values): Promise<Result<unknown>>;
  /** Called after a success. */
  done?(values: Values): void;
  /** Checks the typed texts before they are sent. Returns the errors by field. */
  check?(values: Values): Values | undefined;
  /** Texts that replace the usual ones after a failure. */
  words?: Words;
  /** Called after a failure. Returns true if the page handles it. */
  failed?(failure: Failure): boolean;
  /** Whether to empty the fields after a success. */
  resets?: boolean;
  children?: ComponentChildren;
  /** Whether the button takes something away for good. */
  isDanger?: boolean;
  /** Further buttons beside the first. */
  actions?: ComponentChildren;
}

export function Form({ submit, send, done, check, words, failed, resets, children, isDanger, actions }: FormProps) {
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

  // Move the focus to the first problem.
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
      <FormContext.Provider value={{ ...state, errors: outcome.errors }}>{children}</FormContext.Provider>
      <div class="actions">
        <Button type="submit" kind={isDanger ? 'danger' : 'primary'} isBusy={isBusy}>
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
