// The table of pages. The build writes it to `dist/routes.json`.

import type { FlowId } from 'latchkey';

/**
 * The visitors that a page is for. `nobody`: people who are not logged in. `user`: people who are logged in. The id of a
 * flow: people whose login has that flow as its next step. The pages redirect all other visitors.
 */
export type Needs = 'anyone' | 'nobody' | 'user' | FlowId;

export interface Route {
  /** django-allauth's name of the URL. Pages that django-allauth does not have start with `latchkey_`. */
  name: string;
  /** The path. `{key}` matches one segment. */
  path: string;
  /** Further paths of the same page. */
  aliases?: string[];
  /** The visitors that the page is for. */
  needs: Needs;
  /** The file in `pages/`, without its ending. */
  page: string;
}

export const routes: Route[] = [
  // Entrance
  { name: 'account_login', path: '/accounts/login/', needs: 'nobody', page: 'login' },
  { name: 'account_request_login_code', path: '/accounts/login/code/', needs: 'nobody', page: 'login-code' },
  { name: 'account_confirm_login_code', path: '/accounts/login/code/confirm/', needs: 'login_by_code', page: 'login-code-confirm' },
  { name: 'account_signup', path: '/accounts/signup/', needs: 'nobody', page: 'signup' },
  { name: 'account_signup_by_passkey', path: '/accounts/signup/passkey/', needs: 'nobody', page: 'signup-passkey' },
  { name: 'mfa_signup_webauthn', path: '/accounts/2fa/webauthn/signup/', needs: 'mfa_signup_webauthn', page: 'signup-passkey-create' },
  { name: 'account_logout', path: '/accounts/logout/', needs: 'anyone', page: 'logout' },
  { name: 'account_inactive', path: '/accounts/inactive/', needs: 'anyone', page: 'inactive' },
  // Verification
  { name: 'account_email_verification_sent', path: '/accounts/confirm-email/', needs: 'anyone', page: 'confirm-email' },
  { name: 'account_confirm_email', path: '/accounts/confirm-email/{key}/', needs: 'anyone', page: 'confirm-email-key' },
  { name: 'account_verify_phone', path: '/accounts/verify-phone/', aliases: ['/accounts/phone/verify/'], needs: 'anyone', page: 'verify-phone' },
  // Forgotten passwords
  { name: 'account_reset_password', path: '/accounts/password/reset/', needs: 'anyone', page: 'password-reset' },
  { name: 'account_confirm_password_reset_code', path: '/accounts/password/reset/confirm/', needs: 'anyone', page: 'password-reset-code' },
  { name: 'account_reset_password_done', path: '/accounts/password/reset/done/', needs: 'anyone', page: 'password-reset-done' },
  { name: 'account_reset_password_from_key_done', path: '/accounts/password/reset/key/done/', needs: 'anyone', page: 'password-reset-key-done' },
  { name: 'account_reset_password_from_key', path: '/accounts/password/reset/key/{key}/', needs: 'anyone', page: 'password-reset-key' },
  // Second factors of a login
  { name: 'mfa_authenticate', path: '/accounts/2fa/authenticate/', needs: 'mfa_authenticate', page: 'mfa-authenticate' },
  { name: 'mfa_trust', path: '/accounts/2fa/trust/', needs: 'mfa_trust', page: 'mfa-trust' },
  // Identity providers
  { name: 'socialaccount_signup', path: '/accounts/3rdparty/signup/', needs: 'provider_signup', page: 'provider-signup' },
  { name: 'socialaccount_login_cancelled', path: '/accounts/3rdparty/login/cancelled/', needs: 'anyone', page: 'provider-cancelled' },
  { name: 'socialaccount_login_error', path: '/accounts/3rdparty/login/error/', needs: 'anyone', page: 'provider-error' },
  // The account
  { name: 'latchkey_account', path: '/accounts/', aliases: ['/accounts/profile/'], needs: 'user', page: 'account' },
  {
    name: 'account_reauthenticate',
    path: '/accounts/reauthenticate/',
    aliases: ['/accounts/2fa/reauthenticate/', '/accounts/2fa/webauthn/reauthenticate/'],
    needs: 'user',
    page: 'reauthenticate',
  },
  { name: 'account_email', path: '/accounts/email/', needs: 'user', page: 'email' },
  { name: 'account_change_phone', path: '/accounts/phone/', aliases: ['/accounts/phone/change/'], needs: 'user', page: 'phone' },
  { name: 'account_change_password', path: '/accounts/password/change/', needs: 'user', page: 'password-change' },
  { name: 'account_set_password', path: '/accounts/password/set/', needs: 'user', page: 'password-set' },
  { name: 'mfa_index', path: '/accounts/2fa/', needs: 'user', page: 'mfa' },
  { name: 'mfa_activate_totp', path: '/accounts/2fa/totp/activate/', needs: 'user', page: 'totp-activate' },
  { name: 'mfa_deactivate_totp', path: '/accounts/2fa/totp/deactivate/', needs: 'user', page: 'totp-deactivate' },
  { name: 'mfa_view_recovery_codes', path: '/accounts/2fa/recovery-codes/', needs: 'user', page: 'recovery-codes' },
  { name: 'mfa_generate_recovery_codes', path: '/accounts/2fa/recovery-codes/generate/', needs: 'user', page: 'recovery-codes-generate' },
  { name: 'mfa_list_webauthn', path: '/accounts/2fa/webauthn/', aliases: ['/accounts/2fa/webauthn/add/'], needs: 'user', page: 'webauthn' },
  { name: 'socialaccount_connections', path: '/accounts/3rdparty/', needs: 'user', page: 'providers' },
  { name: 'usersessions_list', path: '/accounts/sessions/', needs: 'user', page: 'sessions' },
];

/** The page of each flow that can be the next step of a login or signup. */
const FLOW_PAGES: Partial<Record<FlowId, string>> = {
  login_by_code: '/accounts/login/code/confirm/',
  verify_email: '/accounts/confirm-email/',
  verify_phone: '/accounts/verify-phone/',
  mfa_authenticate: '/accounts/2fa/authenticate/',
  mfa_trust: '/accounts/2fa/trust/',
  mfa_signup_webauthn: '/accounts/2fa/webauthn/signup/',
  provider_signup: '/accounts/3rdparty/signup/',
  password_reset_by_code: '/accounts/password/reset/confirm/',
};

/** Returns the page of a flow that is pending. */
export const pageOfFlow = (id: FlowId): string => FLOW_PAGES[id] ?? '/accounts/login/';

/** The properties of a page. */
export interface PageProps {
  /** The segment that `{key}` matched. */
  routeKey: string;
}

/** A route, and the segment that its `{key}` matched. */
export interface Match {
  route: Route;
  key: string | undefined;
}

/** Finds the route of a path. Routes without a key take precedence. */
export function findRoute(path: string): Match | undefined {
  const slashed = path.endsWith('/') ? path : `${path}/`;
  const exact = routes.find((route) => route.path === slashed || route.aliases?.includes(slashed));
  if (exact) return { route: exact, key: undefined };
  for (const route of routes) {
    const [head, tail] = route.path.split('{key}');
    if (tail === undefined || !slashed.startsWith(head!) || !slashed.endsWith(tail)) continue;
    const key = slashed.slice(head!.length, slashed.length - tail.length);
    if (key && !key.includes('/')) return { route, key: decode(key) };
  }
  return undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
