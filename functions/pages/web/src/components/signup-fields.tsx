// The fields of signup forms, as the settings define them.

import { boot, type SignupField } from '../boot';
import type { Words } from '../failures';
import { t } from '../texts';
import { Field } from './field';
import type { Values } from './form';
import { phoneOf } from './login-field';

type Name = SignupField['name'];

const FIELDS: Record<Name, Omit<Parameters<typeof Field>[0], 'name'>> = {
  email: { label: t.fields.email, type: 'email', autocomplete: 'email' },
  email2: { label: t.fields.email2, type: 'email', autocomplete: 'email' },
  username: { label: t.fields.username, autocomplete: 'username' },
  phone: { label: t.fields.phone, type: 'tel', autocomplete: 'tel', hint: t.fields.phoneHint },
  password1: { label: t.fields.password, type: 'password', autocomplete: 'new-password' },
  password2: { label: t.fields.password2, type: 'password', autocomplete: 'new-password' },
};

/** The name of a field in the API. */
const apiName = (name: Name): string => (name === 'password1' ? 'password' : name);

const isPassword = (name: Name): boolean => name.startsWith('password');

interface SignupFieldsProps {
  hasPassword: boolean;
  /** Values that are already known. */
  values?: Values;
}

/** The fields of `ACCOUNT_SIGNUP_FIELDS`. Password fields are included only with `hasPassword`. */
export function SignupFields({ hasPassword, values = {} }: SignupFieldsProps) {
  return (
    <>
      {boot.signup.fields
        .filter(({ name }) => hasPassword || !isPassword(name))
        .map(({ name, required }) => (
          <Field key={name} name={apiName(name)} {...FIELDS[name]} optional={!required} value={values[name]} />
        ))}
      {boot.signup.honeypot && <Honeypot name={boot.signup.honeypot} />}
    </>
  );
}

/** A hidden field that only automated programs fill in. */
const Honeypot = ({ name }: { name: string }) => (
  <div class="honeypot" aria-hidden="true">
    <label>
      {name}
      <input name={name} tabIndex={-1} autocomplete="off" />
    </label>
  </div>
);

/**
 * The texts for a failed signup. A signup that filled in the honeypot field logs nobody in, and so gets
 * `unauthenticated`.
 */
export const signupWords: Words = { forbidden: t.signup.closedText, unauthenticated: t.signup.refused };

/** Returns the errors of pairs of fields that must be equal. */
export function checkSignup(values: Values): Values {
  const pairs = [
    ['email', 'email2'],
    ['password', 'password2'],
  ] as const;
  const wrong = pairs.filter(([name, again]) => values[again] !== undefined && values[name] !== values[again]);
  return Object.fromEntries(wrong.map(([, again]) => [again, t.errors['mismatch']!]));
}

/** Returns the body of the request: without empty values, and with phone numbers without spaces. */
export function signupBody({ password2: _, ...values }: Values): Values {
  const trimmed = Object.entries(values).map(([name, value]): [string, string] => {
    if (name === 'password') return [name, value];
    return [name, name === 'phone' ? phoneOf(value) : value.trim()];
  });
  return Object.fromEntries(trimmed.filter(([, value]) => value !== ''));
}
