// What one page of a flow tells the next: where a code or link was sent. The API does not repeat it.

export interface Target {
  email?: string;
  phone?: string;
}

const KEY = 'latchkey:target';

/** Keeps, for the pages of this tab, where a code or link goes. Forgets what was kept before. */
export function keepTarget({ email, phone }: Target): void {
  const target: Target = {};
  if (email) target.email = email.trim();
  if (phone) target.phone = phone.trim();
  try {
    sessionStorage.setItem(KEY, JSON.stringify(target));
  } catch {
    // Storage is turned off: the next page says less.
  }
}

/** Returns where a code or link went, if that is known. */
export function getTarget(): Target {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? '{}') as Target;
  } catch {
    return {};
  }
}
