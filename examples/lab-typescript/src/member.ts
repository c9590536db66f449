/** Asks Latchkey who a session token belongs to. Returns the email address, or null for a token that is not valid. */
export async function member(latchkey: string, token: string): Promise<string | null> {
  const response = await fetch(`${latchkey}/_allauth/app/v1/auth/session`, { headers: { "x-session-token": token } });
  if (response.status === 401 || response.status === 410) return null;
  if (!response.ok) throw new Error(`Latchkey is unavailable: ${response.status}`);
  const body = (await response.json()) as { data: { user: { email: string } } };
  return body.data.user.email;
}
