// The field for the identifier that people log in with.

import { getConfiguration } from '../session';
import { t } from '../texts';
import { Field } from './field';
import type { Values } from './form';

export type Method = 'email' | 'username' | 'phone';

/** The identifiers that people can log in with. */
export const loginMethods = (): Method[] => getConfiguration().account.login_methods;

/** The identifiers that codes can be sent to: all except usernames. */
export const codeMethods = (): Method[] => loginMethods().filter((method) => method !== 'username');

/** A field for any of these methods. */
export function LoginField({ methods, hasPasskeys = false }: { methods: Method[]; hasPasskeys?: boolean }) {
  const only = methods.length === 1 ? methods[0] : undefined;
  const autocomplete = only === 'phone' ? 'tel' : 'username';
  return (
    <Field
      name="login"
      label={t.fields.login(methods)}
      type={only === 'email' ? 'email' : only === 'phone' ? 'tel' : 'text'}
      autocomplete={hasPasskeys ? `${autocomplete} webauthn` : autocomplete}
      hint={only === 'phone' ? t.fields.phoneHint : undefined}
      errorNames={methods}
    />
  );
}

/** Returns the typed text as the API field that it matches. */
export function loginOf({ login = '' }: Values, methods: Method[]): { [M in Method]?: string } {
  const text = login.trim();
  const digits = phoneOf(text);
  const has = (method: Method) => methods.includes(method);
  if (has('phone') && (methods.length === 1 || /^\+?\d{6,}$/.test(digits))) return { phone: digits };
  return has('username') && (!text.includes('@') || !has('email')) ? { username: text } : { email: text };
}

/** Returns a phone number without the spaces and punctuation that people write. */
export const phoneOf = (text: string): string => text.replace(/[\s().-]/g, '');
