// Navigation through a login or signup with several steps.

import { leave, navigate, withNext } from './router';
import { pageOfFlow } from './routes';
import { client } from './session';

export const LOGIN = '/accounts/login/';

/**
 * Goes to the next step, or to the target of the login. Returns false if the user is not logged in and there is no next
 * step.
 */
export function goOn(): boolean {
  const state = client.getSnapshot();
  if (state.status === 'pending') navigate(withNext(pageOfFlow(state.flow.id)), { replace: true });
  else if (state.status === 'authenticated') leave();
  else return false;
  return true;
}

/** Cancels the login that has begun, and goes to the login page. */
export async function startOver(): Promise<void> {
  await client.logout();
  navigate(withNext(LOGIN), { replace: true });
}
