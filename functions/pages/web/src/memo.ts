// What one page of a flow tells the next, such as the address that a code was sent to. The API does not repeat it.

type Name = 'email' | 'phone';

const key = (name: Name): string => `latchkey:${name}`;

/** Keeps a value for the pages of this tab. */
export function remember(name: Name, value: string): void {
  try {
    sessionStorage.setItem(key(name), value);
  } catch {
    // Storage is turned off: the next page says less.
  }
}

/** Returns the value. */
export function recall(name: Name): string | undefined {
  try {
    return sessionStorage.getItem(key(name)) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps where the code or link of a signup goes. */
export function keepTargets({ email, phone }: Record<string, string>): void {
  if (email) remember('email', email.trim());
  if (phone) remember('phone', phone.trim());
}
