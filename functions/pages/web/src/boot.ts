// The data that the server adds to `GET config`, as JSON in the document.

import type { Configuration } from 'latchkey';

/** A field of the signup form. */
export interface SignupField {
  name: 'email' | 'email2' | 'username' | 'phone' | 'password1' | 'password2';
  required: boolean;
}

/** The boot data: the JSON in `<script type="application/json" id="latchkey">`. Each member has a default. */
export interface Boot {
  /**
   * `PUBLIC_URL`. The pages are below its path. A page with another origin links there. Default: the page's own origin.
   */
  publicUrl: string;
  /** The `data` of `GET config`. If absent, the pages fetch it before they show anything. */
  configuration: Configuration | undefined;
  /**
   * The body of the response to `GET auth/session`, if the server knows it: a request without a session cookie is
   * anonymous. The response with the document must then set the CSRF cookie. If absent, the pages fetch it.
   */
  session: { status: number } | undefined;
  brand: {
    /** The product's name. Default `Latchkey`. */
    name: string;
    /** The logo, shown 40 pixels high: `https:`, `data:`, or a path of the service. */
    logoUrl: string | undefined;
    termsUrl: string | undefined;
    privacyUrl: string | undefined;
  };
  /**
   * `LOGIN_REDIRECT_URL`: the page after a login without `next`. A path is below `PUBLIC_URL`. Default `/accounts/`.
   */
  loginRedirectUrl: string;
  /** `LOGOUT_REDIRECT_URL`. Default `/accounts/login/`. */
  logoutRedirectUrl: string;
  /** The other origins that `next` can lead to. `https://*.example.com` matches every subdomain. */
  trustedOrigins: string[];
  /** `CSRF_COOKIE_NAME`. Default `csrftoken`. */
  csrfCookieName: string;
  /** `CSRF_HEADER_NAME`, in the spelling of HTTP. Default `X-CSRFToken`. */
  csrfHeaderName: string;
  signup: {
    /** `ACCOUNT_SIGNUP_FIELDS`, in order. Default: email and password1, both required. */
    fields: SignupField[];
    /** `ACCOUNT_SIGNUP_FORM_HONEYPOT_FIELD`. */
    honeypot: string | undefined;
    /** `MFA_PASSKEY_SIGNUP_ENABLED`. */
    byPasskey: boolean;
  };
  account: {
    /** `SOCIALACCOUNT_ONLY`. */
    providersOnly: boolean;
    /** Whether accounts have a phone number. */
    hasPhone: boolean;
    /** `ACCOUNT_CHANGE_EMAIL`: a new address replaces the current one. */
    changesEmail: boolean;
    /** `ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE`. */
    logsOutOnPasswordChange: boolean;
    /** `ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND` with codes. */
    canResendEmailCode: boolean;
    /** `ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE`. */
    canChangePendingEmail: boolean;
    /** `ACCOUNT_PHONE_VERIFICATION_SUPPORTS_RESEND`. */
    canResendPhoneCode: boolean;
    /** `ACCOUNT_PHONE_VERIFICATION_SUPPORTS_CHANGE`. */
    canChangePendingPhone: boolean;
    /** `ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND`. */
    canResendLoginCode: boolean;
  };
}

/** The JSON that the server can send: any part of the boot data. */
export type BootInput = {
  [K in keyof Boot]?: Boot[K] extends unknown[] | string | undefined ? Boot[K] : Partial<Boot[K]>;
};

/** Adds the defaults. */
export function withDefaults(given: BootInput): Boot {
  return {
    publicUrl: given.publicUrl ?? location.origin,
    configuration: given.configuration as Configuration | undefined,
    session: given.session as Boot['session'],
    brand: { name: 'Latchkey', logoUrl: undefined, termsUrl: undefined, privacyUrl: undefined, ...given.brand },
    loginRedirectUrl: given.loginRedirectUrl ?? '/accounts/',
    logoutRedirectUrl: given.logoutRedirectUrl ?? '/accounts/login/',
    trustedOrigins: given.trustedOrigins ?? [],
    csrfCookieName: given.csrfCookieName ?? 'csrftoken',
    csrfHeaderName: given.csrfHeaderName ?? 'X-CSRFToken',
    signup: {
      fields: [
        { name: 'email', required: true },
        { name: 'password1', required: true },
      ],
      honeypot: undefined,
      byPasskey: false,
      ...given.signup,
    },
    account: {
      providersOnly: false,
      hasPhone: false,
      changesEmail: false,
      logsOutOnPasswordChange: false,
      canResendEmailCode: false,
      canChangePendingEmail: false,
      canResendPhoneCode: false,
      canChangePendingPhone: false,
      canResendLoginCode: false,
      ...given.account,
    },
  };
}

/** The boot data of this document. */
export const boot = withDefaults(JSON.parse(document.getElementById('latchkey')?.textContent || '{}') as BootInput);
