// The address that a code or link was sent to. One page of a flow stores it for the next, because the API does not
// repeat it.

export interface Target {
  email?: string;
  phone?: string;
}

const KEY = 'latchkey:target';

/** Stores the address that a code or link is sent to, for the pages of this tab. Replaces an earlier one. */
export function keepTarget({ email, phone }: Target): void {
  const target: Target = {};
  if (email) target.email = email.trim();
  if (phone) target.phone = phone.trim();
  try {
    sessionStorage.setItem(KEY, JSON.stringify(target));
  } catch {
    // Storage is turned off. The next page then shows no address.
  }
}

/** Returns the address that a code or link was sent to, if it is known. */
export function getTarget(): Target {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? '{}') as Target;
  } catch {
    return {};
  }
}
