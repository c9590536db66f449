// Fields of forms.

import { useContext, useEffect, useId, useState } from 'preact/hooks';
import { t } from '../texts';
import { FormContext } from './form';
import { Icon } from './icon';

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
  /** The names of this field in the API's errors, if they differ from its own name. */
  errorNames?: readonly string[];
}

/** A field with its label, hint and error. A password field has a button that shows the password. */
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
  const { errors, register } = useContext(FormContext);
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

/** A field for a phone number. */
export const PhoneField = () => (
  <Field name="phone" label={t.fields.phone} type="tel" autocomplete="tel" hint={t.fields.phoneHint} />
);

/** A hidden field that tells password managers which account a form belongs to. */
export const PasswordOwner = ({ name }: { name: string }) => (
  <input class="unseen" type="text" autocomplete="username" value={name} readOnly tabIndex={-1} aria-hidden="true" />
);

/** A field for a code from a message or an app. Some endpoints of the API call it `key`. */
export const CodeField = ({ label = t.fields.code, isNumeric = false }: { label?: string; isNumeric?: boolean }) => (
  <Field
    name="code"
    label={label}
    autocomplete="one-time-code"
    inputMode={isNumeric ? 'numeric' : 'text'}
    errorNames={['key']}
  />
);

const Eye = ({ isOpen }: { isOpen: boolean }) => (
  <Icon>
    <path d="M2 12s3.5-6.5 10-6.5S22 12 22 12s-3.5 6.5-10 6.5S2 12 2 12z" />
    <circle cx="12" cy="12" r="3" />
    {!isOpen && <path d="M4 20 20 4" />}
  </Icon>
);
