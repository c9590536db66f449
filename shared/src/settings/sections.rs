//! The settings themselves, a struct a section.

use super::declare::section;
use super::flat::FlatSettings;
use super::jwt_api::JwtApiSettings;
use super::native::AndroidApps;
use super::presets::Preset;
use super::providers::ProviderApps;
use super::rates::{AccountRates, MfaRates, RateLimits};
use super::restored::RestoredAt;
use super::secrets::{SecretKey, SecretText};
use super::security::SecuritySettings;
use super::token_values::{AuthorizerCredential, TokenStrategy, UserClaim};
use super::values::{
    ClientKind, CodeFormat, EmailVerification, LoginMethod, PreventEnumeration, Quota, RequiredFor, SameSite,
    SignupFields, TlsRoots,
};
use crate::jwt::Algorithm;
use crate::webauthn::UserVerification;
use std::collections::BTreeMap;
use url::Url;

section! {
    /// The service itself; names without a prefix, and `LATCHKEY_*`, are ours.
    ServiceSettings {
        /// A family of settings that belong together (ours): passwords with second factors, codes by mail in place of passwords,
        /// or passkeys. What is given by itself wins over it.
        preset: Option<Preset> = "LATCHKEY_PRESET", None;
        /// Where the service is reached. Links and origins come from it, never from a request's `Host`.
        public_url: Url = "PUBLIC_URL", localhost();
        /// The key that all others are derived from: 32 bytes at least. The local service makes one in `--data`.
        secret_key: SecretKey = "SECRET_KEY", SecretKey::missing();
        /// Earlier keys: what they signed or sealed still opens. Rate limits count anew under a new key.
        secret_key_fallbacks: Vec<SecretKey> = "SECRET_KEY_FALLBACKS", vec![];
        /// Name of the DynamoDB table.
        table: String = "LATCHKEY_TABLE", "latchkey".into();
        /// When a restored table went into service (ours): sessions, links and tokens that were made before this moment are
        /// refused. `latchkey restored` says what to set.
        restored_at: Option<RestoredAt> = "LATCHKEY_RESTORED_AT", None;
        /// Origins that a browser may call from, besides our own; those of hybrid apps, such as `capacitor://localhost`, too.
        cors_allowed_origins: Vec<String> = "CORS_ALLOWED_ORIGINS", vec![];
        /// Whether it may send cookies along from there.
        cors_allow_credentials: bool = "CORS_ALLOW_CREDENTIALS", true;
        /// Further headers that its scripts may send; those that django-cors-headers lets through, and those of the API, they may anyway.
        cors_allow_headers: Vec<String> = "CORS_ALLOW_HEADERS", vec![];
        /// The kind of credential that an authorizer looks at.
        authorizer_credential: AuthorizerCredential = "LATCHKEY_AUTHORIZER_CREDENTIAL", AuthorizerCredential::AccessToken;
        /// A folder whose message templates replace those compiled in, by the same relative names.
        templates_dir: Option<String> = "LATCHKEY_TEMPLATES_DIR", None;
        /// The product's name in messages.
        product_name: String = "LATCHKEY_PRODUCT_NAME", "Latchkey".into();
        /// Whose certificates AWS endpoints may show: `amazon` is enough for them, `platform` is the machine's store.
        tls_roots: TlsRoots = "LATCHKEY_TLS_ROOTS", TlsRoots::Amazon;
        /// How many proxies in front of us add to `X-Forwarded-For`; 0 ignores the header.
        trusted_proxy_count: usize = "ALLAUTH_TRUSTED_PROXY_COUNT", 0;
        /// A header, set by a trusted proxy, that holds the client's address.
        trusted_client_ip_header: Option<String> = "ALLAUTH_TRUSTED_CLIENT_IP_HEADER", None;
        /// Rate limits see IPv6 addresses by a prefix of so many bits.
        rate_limit_ipv6_prefix: u8 = "ALLAUTH_RATE_LIMIT_IPV6_PREFIX", 64;
        /// Format of codes that people type: `{"numeric": false, "length": 8, "dashed": true, "allowed_chars": "…"}`.
        user_code_format: CodeFormat = "ALLAUTH_USER_CODE_FORMAT", CodeFormat::default();
    }
}

section! {
    /// Accounts.
    AccountSettings {
        /// What people may log in with.
        login_methods: Vec<LoginMethod> = "ACCOUNT_LOGIN_METHODS", vec![LoginMethod::Email];
        /// The fields of signup; `*` marks a required one.
        signup_fields: SignupFields = "ACCOUNT_SIGNUP_FIELDS", SignupFields::parse(["email*", "password1*"]);
        /// Whether people can sign up.
        signup_open: bool = "ACCOUNT_SIGNUP_OPEN", true;
        /// `username` where accounts have one, `null` where not.
        username_field: Option<String> = "ACCOUNT_USER_MODEL_USERNAME_FIELD", None;
        /// Fewest characters of a username.
        username_min_length: usize = "ACCOUNT_USERNAME_MIN_LENGTH", 1;
        /// Usernames that nobody may take, in any case.
        username_blacklist: Vec<String> = "ACCOUNT_USERNAME_BLACKLIST", vec![];
        /// Whether usernames keep their case; they are compared without it all the same.
        preserve_username_casing: bool = "ACCOUNT_PRESERVE_USERNAME_CASING", true;
        /// `mandatory`, `optional` or `none`.
        email_verification: EmailVerification = "ACCOUNT_EMAIL_VERIFICATION", EmailVerification::Mandatory;
        /// Verification by a code in place of a link.
        email_verification_by_code_enabled: bool = "ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", false;
        /// Guesses at one code.
        email_verification_by_code_max_attempts: u32 = "ACCOUNT_EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS", 3;
        /// Seconds that a code lives.
        email_verification_by_code_timeout: i64 = "ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT", 900;
        /// Format of the code; unset, as `ALLAUTH_USER_CODE_FORMAT`.
        email_verification_by_code_format: Option<CodeFormat> = "ACCOUNT_EMAIL_VERIFICATION_BY_CODE_FORMAT", None;
        /// How often a new code can be asked for (`true` is twice).
        email_verification_supports_resend: Quota = "ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND", Quota(0);
        /// Days that a verification link lives.
        email_confirmation_expire_days: f64 = "ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS", 3.0;
        /// Whether verifying by link logs in the browser that signed up.
        login_on_email_confirmation: bool = "ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION", false;
        /// Seconds that a login may take from its first step to its last.
        login_timeout: i64 = "ACCOUNT_LOGIN_TIMEOUT", 900;
        /// Whether answers hide that an account exists: `true`, `false` or `strict`.
        prevent_enumeration: PreventEnumeration = "ACCOUNT_PREVENT_ENUMERATION", PreventEnumeration::Yes;
        /// Whether an address, once verified, belongs to one account only.
        unique_email: bool = "ACCOUNT_UNIQUE_EMAIL", true;
        /// Put before the subject of every mail.
        email_subject_prefix: String = "ACCOUNT_EMAIL_SUBJECT_PREFIX", String::new();
        /// `false`, or a dictionary over the defaults: `{"login": "30/m/ip"}`.
        rate_limits: RateLimits<AccountRates> = "ACCOUNT_RATE_LIMITS", RateLimits::default();
        /// Whether browsers keep the session cookie when they close: `false` makes it a cookie of the browser session.
        session_remember: Option<bool> = "ACCOUNT_SESSION_REMEMBER", None;
        /// Whether the address can be changed while its verification is waited for, and how often (`true` is twice).
        email_verification_supports_change: Quota = "ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE", Quota(0);
        /// A form field that people do not see: a signup that fills it in makes no account and is not told.
        signup_form_honeypot_field: Option<String> = "ACCOUNT_SIGNUP_FORM_HONEYPOT_FIELD", None;
        /// Most addresses of an account; `null` leaves it at 20.
        max_email_addresses: Option<usize> = "ACCOUNT_MAX_EMAIL_ADDRESSES", None;
        /// Whether adding an address means changing to it: once verified it replaces the others.
        change_email: bool = "ACCOUNT_CHANGE_EMAIL", false;
        /// Whether people are told by mail of changes to their account.
        email_notifications: bool = "ACCOUNT_EMAIL_NOTIFICATIONS", false;
        /// Whether mail goes out to addresses that no account has.
        email_unknown_accounts: bool = "ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS", true;
        /// Login by a code that is mailed.
        login_by_code_enabled: bool = "ACCOUNT_LOGIN_BY_CODE_ENABLED", false;
        /// Whether every login needs a code: `true`, or a list of methods (`password`, `mfa`, `socialaccount`) that do.
        login_by_code_required: RequiredFor = "ACCOUNT_LOGIN_BY_CODE_REQUIRED", RequiredFor::None;
        /// Guesses at one code.
        login_by_code_max_attempts: u32 = "ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS", 3;
        /// Seconds that a code lives.
        login_by_code_timeout: i64 = "ACCOUNT_LOGIN_BY_CODE_TIMEOUT", 180;
        /// How often a new code can be asked for (`true` is twice).
        login_by_code_supports_resend: Quota = "ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND", Quota(0);
        /// Format of the code; unset, as `ALLAUTH_USER_CODE_FORMAT`.
        login_by_code_format: Option<CodeFormat> = "ACCOUNT_LOGIN_BY_CODE_FORMAT", None;
        /// Whether a browser that people trust needs no such code (`MFA_TRUST_ENABLED` has the endpoint).
        login_by_code_trust_enabled: bool = "ACCOUNT_LOGIN_BY_CODE_TRUST_ENABLED", false;
        /// Password reset by a code in place of a link.
        password_reset_by_code_enabled: bool = "ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED", false;
        /// Guesses at one code.
        password_reset_by_code_max_attempts: u32 = "ACCOUNT_PASSWORD_RESET_BY_CODE_MAX_ATTEMPTS", 3;
        /// Seconds that a code lives.
        password_reset_by_code_timeout: i64 = "ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT", 180;
        /// Format of the code; unset, as `ALLAUTH_USER_CODE_FORMAT`.
        password_reset_by_code_format: Option<CodeFormat> = "ACCOUNT_PASSWORD_RESET_BY_CODE_FORMAT", None;
        /// Seconds that a reset link lives.
        password_reset_timeout: i64 = "PASSWORD_RESET_TIMEOUT", 259_200;
        /// Whether a password reset logs in.
        login_on_password_reset: bool = "ACCOUNT_LOGIN_ON_PASSWORD_RESET", false;
        /// Whether a password change logs out.
        logout_on_password_change: bool = "ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE", false;
        /// Whether changes of addresses and phone need a recent reauthentication.
        reauthentication_required: bool = "ACCOUNT_REAUTHENTICATION_REQUIRED", false;
        /// Seconds that a reauthentication counts as recent.
        reauthentication_timeout: i64 = "ACCOUNT_REAUTHENTICATION_TIMEOUT", 300;
        /// Whether a phone number has to be verified.
        phone_verification_enabled: bool = "ACCOUNT_PHONE_VERIFICATION_ENABLED", true;
        /// Guesses at one code.
        phone_verification_max_attempts: u32 = "ACCOUNT_PHONE_VERIFICATION_MAX_ATTEMPTS", 3;
        /// Seconds that a code lives.
        phone_verification_timeout: i64 = "ACCOUNT_PHONE_VERIFICATION_TIMEOUT", 900;
        /// How often a new code can be asked for (`true` is twice).
        phone_verification_supports_resend: Quota = "ACCOUNT_PHONE_VERIFICATION_SUPPORTS_RESEND", Quota(0);
        /// How often the number can be changed while its verification is waited for (`true` is twice).
        phone_verification_supports_change: Quota = "ACCOUNT_PHONE_VERIFICATION_SUPPORTS_CHANGE", Quota(0);
        /// Format of the code; unset, as `ALLAUTH_USER_CODE_FORMAT`.
        phone_verification_code_format: Option<CodeFormat> = "ACCOUNT_PHONE_VERIFICATION_CODE_FORMAT", None;
    }
}

section! {
    /// The headless API.
    HeadlessSettings {
        /// Which kinds of client are served.
        clients: Vec<ClientKind> = "HEADLESS_CLIENTS", vec![ClientKind::Browser, ClientKind::App];
        /// Where the frontend's pages are; mails link to them.
        frontend_urls: BTreeMap<String, String> = "HEADLESS_FRONTEND_URLS", BTreeMap::new();
        /// Whether all links must come from `HEADLESS_FRONTEND_URLS`; if `false`, missing ones point at `PUBLIC_URL`.
        only: bool = "HEADLESS_ONLY", false;
        /// Whether the description of the headless API is served, at `/_allauth/openapi.json`, `.yaml` and `.html`, and that of
        /// all APIs, at `/_latchkey/openapi.json` and `.html`.
        serve_specification: bool = "HEADLESS_SERVE_SPECIFICATION", false;
    }
}

section! {
    /// Cookies of the browser client.
    CookieSettings {
        /// Name of the session cookie.
        session_name: String = "SESSION_COOKIE_NAME", "sessionid".into();
        /// Seconds that a session lives.
        session_age: i64 = "SESSION_COOKIE_AGE", 1_209_600;
        /// Domain of the session cookie.
        session_domain: Option<String> = "SESSION_COOKIE_DOMAIN", None;
        /// Path of the session cookie.
        session_path: String = "SESSION_COOKIE_PATH", "/".into();
        /// Whether the session cookie is sent over https only; unset, as `PUBLIC_URL` is.
        session_secure: Option<bool> = "SESSION_COOKIE_SECURE", None;
        /// Whether scripts are kept from the session cookie.
        session_httponly: bool = "SESSION_COOKIE_HTTPONLY", true;
        /// `Lax`, `Strict`, `None`, or `false` for no attribute.
        session_samesite: SameSite = "SESSION_COOKIE_SAMESITE", SameSite::Lax;
        /// Whether the session cookie ends with the browser.
        session_expire_at_browser_close: bool = "SESSION_EXPIRE_AT_BROWSER_CLOSE", false;
        /// Name of the CSRF cookie.
        csrf_name: String = "CSRF_COOKIE_NAME", "csrftoken".into();
        /// Seconds that the CSRF cookie lives; `null` makes it a cookie of the browser session.
        csrf_age: Option<i64> = "CSRF_COOKIE_AGE", Some(31_449_600);
        /// Domain of the CSRF cookie.
        csrf_domain: Option<String> = "CSRF_COOKIE_DOMAIN", None;
        /// Path of the CSRF cookie.
        csrf_path: String = "CSRF_COOKIE_PATH", "/".into();
        /// Whether the CSRF cookie is sent over https only; unset, as `PUBLIC_URL` is.
        csrf_secure: Option<bool> = "CSRF_COOKIE_SECURE", None;
        /// Whether scripts are kept from the CSRF cookie. A single-page app has to read it.
        csrf_httponly: bool = "CSRF_COOKIE_HTTPONLY", false;
        /// `Lax`, `Strict`, `None`, or `false` for no attribute.
        csrf_samesite: SameSite = "CSRF_COOKIE_SAMESITE", SameSite::Lax;
        /// The header that carries the CSRF token, as WSGI names it.
        csrf_header: String = "CSRF_HEADER_NAME", "HTTP_X_CSRFTOKEN".into();
        /// Origins, besides that of `PUBLIC_URL`, whose pages may make unsafe requests; `https://*.example.com` is all below.
        csrf_trusted_origins: Vec<String> = "CSRF_TRUSTED_ORIGINS", vec![];
        /// Whether browsers keep every cookie of ours apart for each site that has us in a frame (`Partitioned`, CHIPS). All
        /// have to be `Secure`; in a frame of another site they need `SameSite=None` too.
        partitioned: bool = "LATCHKEY_COOKIE_PARTITIONED", false;
        /// Whether a browser that somebody logs in with is remembered by a cookie, so that failed logins elsewhere do not keep its owner out (ours). The JWT API does so where refresh tokens travel in cookies.
        device_cookie: bool = "LATCHKEY_DEVICE_COOKIE", false;
        /// Name of that cookie.
        device_name: String = "LATCHKEY_DEVICE_COOKIE_NAME", "latchkey_device".into();
        /// Seconds that it counts after the last login. Domain, path, `Secure` and `SameSite` are those of the session cookie; the JWT API takes the last two from that of refresh tokens.
        device_age: i64 = "LATCHKEY_DEVICE_COOKIE_AGE", 31_536_000;
    }
}

section! {
    /// Mail.
    MailSettings {
        /// The sender, as `Name <address>` or an address.
        from: String = "DEFAULT_FROM_EMAIL", "webmaster@localhost".into();
        /// The SES configuration set that mail goes through.
        configuration_set: Option<String> = "LATCHKEY_SES_CONFIGURATION_SET", None;
    }
}

section! {
    /// Second factors and passkeys.
    MfaSettings {
        /// Whether second factors exist at all.
        enabled: bool = "MFA_ENABLED", true;
        /// Which kinds of authenticator can be set up.
        supported_types: Vec<String> = "MFA_SUPPORTED_TYPES", vec!["recovery_codes".into(), "totp".into()];
        /// Whether second factors can be set up before the address is verified.
        allow_unverified_email: bool = "MFA_ALLOW_UNVERIFIED_EMAIL", false;
        /// Whether changes of second factors need a recent reauthentication.
        reauthentication_required: bool = "MFA_REAUTHENTICATION_REQUIRED", true;
        /// Whether a change of second factors ends every other session and login of the account (ours).
        change_ends_sessions: bool = "LATCHKEY_MFA_CHANGE_ENDS_SESSIONS", true;
        /// How many recovery codes there are.
        recovery_code_count: usize = "MFA_RECOVERY_CODE_COUNT", 10;
        /// Digits of a recovery code.
        recovery_code_digits: usize = "MFA_RECOVERY_CODE_DIGITS", 8;
        /// Whether recovery codes are shown once only.
        recovery_codes_show_once: bool = "MFA_RECOVERY_CODES_SHOW_ONCE", false;
        /// Seconds that a code of an authenticator app is shown.
        totp_period: u64 = "MFA_TOTP_PERIOD", 30;
        /// Digits of such a code.
        totp_digits: u8 = "MFA_TOTP_DIGITS", 6;
        /// Who authenticator apps say the code is for; empty for the host of `PUBLIC_URL`.
        totp_issuer: String = "MFA_TOTP_ISSUER", String::new();
        /// How many codes before and after the present one are accepted.
        totp_tolerance: u16 = "MFA_TOTP_TOLERANCE", 0;
        /// Whether people can let a browser off the second factor.
        trust_enabled: bool = "MFA_TRUST_ENABLED", false;
        /// Seconds that a browser is let off.
        trust_cookie_age: i64 = "MFA_TRUST_COOKIE_AGE", 1_209_600;
        /// Name of the cookie that says so.
        trust_cookie_name: String = "MFA_TRUST_COOKIE_NAME", "mfa_trusted".into();
        /// Its domain; unset, as the session cookie's.
        trust_cookie_domain: Option<String> = "MFA_TRUST_COOKIE_DOMAIN", None;
        /// Its path; unset, as the session cookie's.
        trust_cookie_path: Option<String> = "MFA_TRUST_COOKIE_PATH", None;
        /// Whether it is sent over https only; unset, as the session cookie.
        trust_cookie_secure: Option<bool> = "MFA_TRUST_COOKIE_SECURE", None;
        /// Whether scripts are kept from it; unset, as from the session cookie.
        trust_cookie_httponly: Option<bool> = "MFA_TRUST_COOKIE_HTTPONLY", None;
        /// `Lax`, `Strict`, `None`, or `false`; unset, as the session cookie.
        trust_cookie_samesite: Option<SameSite> = "MFA_TRUST_COOKIE_SAMESITE", None;
        /// Whether a passkey alone logs in; `webauthn` has to be among `MFA_SUPPORTED_TYPES`.
        passkey_login_enabled: bool = "MFA_PASSKEY_LOGIN_ENABLED", false;
        /// Whether people can sign up with a passkey and no password; `webauthn` has to be among `MFA_SUPPORTED_TYPES`.
        passkey_signup_enabled: bool = "MFA_PASSKEY_SIGNUP_ENABLED", false;
        /// The domain that security keys and passkeys are bound to, for ever; unset, the domain of the session or CSRF cookie, or
        /// else the host of `PUBLIC_URL`. It has to be the domain of the frontend's pages, or one above it.
        webauthn_rp_id: Option<String> = "MFA_WEBAUTHN_RP_ID", None;
        /// The origins that may use security keys and passkeys, and native apps as `android:apk-key-hash:…`; unset, those of
        /// `PUBLIC_URL`, `CORS_ALLOWED_ORIGINS` and `CSRF_TRUSTED_ORIGINS` that are at or below that domain. The apps of
        /// `MFA_WEBAUTHN_ANDROID_APPS` are always among them. If an origin is on another domain, browsers look for the
        /// list at `/.well-known/webauthn` of that domain, and the service serves it there.
        webauthn_origins: Option<Vec<String>> = "MFA_WEBAUTHN_ORIGINS", None;
        /// Whether every origin at all may use them, over `http` too. For development only.
        webauthn_allow_insecure_origin: bool = "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN", false;
        /// Whether authenticators verify their user, by PIN or biometrics, where they are a second factor. As passkeys they
        /// always do.
        webauthn_user_verification: UserVerification = "MFA_WEBAUTHN_USER_VERIFICATION", UserVerification::Preferred;
        /// The origins of pages that may embed, in a frame, the pages that use security keys and passkeys. Ceremonies in
        /// other frames are refused, and so are those of browsers that do not name the outermost page (`topOrigin`).
        webauthn_top_origins: Vec<String> = "LATCHKEY_WEBAUTHN_TOP_ORIGINS", Vec::new();
        /// Whether the options of ceremonies carry what django-allauth leaves out: the `timeout`, and the `transports` by
        /// which each security key or passkey can be reached. Browsers then ask for the right one at once.
        webauthn_full_options: bool = "LATCHKEY_WEBAUTHN_FULL_OPTIONS", false;
        /// Apps of Apple's systems that use passkeys of that domain, as `TEAMID.bundle.id`: they are listed at
        /// `/.well-known/apple-app-site-association`.
        webauthn_apple_apps: Vec<String> = "MFA_WEBAUTHN_APPLE_APPS", Vec::new();
        /// Android apps that use passkeys of that domain: the package's name, and the SHA-256 fingerprints of its
        /// certificates. They are listed at `/.well-known/assetlinks.json`.
        webauthn_android_apps: AndroidApps = "MFA_WEBAUTHN_ANDROID_APPS", AndroidApps::default();
        /// Rate limits over the defaults, as `ACCOUNT_RATE_LIMITS`; `false` turns all off.
        rate_limits: RateLimits<MfaRates> = "MFA_RATE_LIMITS", RateLimits::default();
    }
}

impl MfaSettings {
    /// Whether authenticators of this kind can be set up.
    pub fn supports(&self, kind: &str) -> bool {
        self.enabled && self.supported_types.iter().any(|it| it == kind)
    }

    /// Whether a passkey alone logs in.
    pub fn has_passkey_login(&self) -> bool {
        self.passkey_login_enabled && self.supports("webauthn")
    }

    /// Whether people can sign up with a passkey and no password.
    pub fn has_passkey_signup(&self) -> bool {
        self.passkey_signup_enabled && self.supports("webauthn")
    }
}

section! {
    /// Tokens that other APIs can verify.
    TokenSettings {
        /// What apps are given at login: a session token alone (`session`), or signed tokens beside it (`jwt`). The class
        /// names of django-allauth mean the same.
        strategy: TokenStrategy = "HEADLESS_TOKEN_STRATEGY", TokenStrategy::Session;
        /// How tokens are signed. Only what `RS256` signs can be verified by others, API Gateway among them.
        algorithm: Algorithm = "HEADLESS_JWT_ALGORITHM", Algorithm::Rs256;
        /// The key that signs: a PEM of a private RSA key, or the shared secret of `HS256`, 32 bytes or more. Empty for RSA
        /// keys that are made, rotated and kept in the table, sealed; with `HS256`, for one made from `SECRET_KEY`.
        private_key: SecretText = "HEADLESS_JWT_PRIVATE_KEY", SecretText::default();
        /// Days until another key is made, where keys are kept in the table; 0 for never. It signs three hours later.
        key_max_age_days: u32 = "HEADLESS_JWT_KEY_MAX_AGE_DAYS", 90;
        /// Who the tokens are for (`aud`); unset, `PUBLIC_URL`, which is who they are from (`iss`) too.
        audience: Option<String> = "HEADLESS_JWT_AUDIENCE", None;
        /// Fields of the user that are in access tokens, under these names.
        claims: Vec<UserClaim> = "HEADLESS_JWT_CLAIMS", Vec::new();
        /// Seconds that an access token is good.
        access_expires_in: i64 = "HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN", 300;
        /// Seconds that a refresh token is good. The session's own end (`SESSION_COOKIE_AGE`) is its end too.
        refresh_expires_in: i64 = "HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN", 86_400;
        /// What stands before the access token in the header `Authorization`.
        header_scheme: String = "HEADLESS_JWT_AUTHORIZATION_HEADER_SCHEME", "Bearer".into();
        /// Whether an access token is good only while its session lives.
        stateful: bool = "HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED", false;
        /// Whether a refresh gives a new refresh token, and ends the old one.
        rotate: bool = "HEADLESS_JWT_ROTATE_REFRESH_TOKEN", true;
        /// Seconds in which the same client may use a refresh token again that was replaced: several tabs, or an answer
        /// that was lost. It gets the token that is good now. The same client is one with the same user agent. A longer
        /// window forgives phones more and gives a thief more time, so keep it well below
        /// `HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN`. 0 for none: then any reuse ends the session.
        grace_seconds: i64 = "HEADLESS_JWT_REFRESH_GRACE_SECONDS", 60;
    }
}

section! {
    /// Third-party identities.
    SocialSettings {
        /// Whether third-party identities exist at all.
        enabled: bool = "SOCIALACCOUNT_ENABLED", true;
        /// Whether they are the only way in. Needs login by code, and passkeys for login and signup, to be off.
        only: bool = "SOCIALACCOUNT_ONLY", false;
        /// The providers, in the shape that django-allauth gives them.
        providers: ProviderApps = "SOCIALACCOUNT_PROVIDERS", ProviderApps::default();
        /// Whether people whose provider tells enough get an account without a form.
        auto_signup: bool = "SOCIALACCOUNT_AUTO_SIGNUP", true;
        /// Whether a provider's verified address logs in to the account that has it. Only for providers that are trusted to
        /// tell the truth about every address.
        email_authentication: bool = "SOCIALACCOUNT_EMAIL_AUTHENTICATION", false;
        /// Whether such a login connects the identity for good.
        email_authentication_auto_connect: bool = "SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT", false;
        /// `mandatory`, `optional` or `none` after such a login; unset, `ACCOUNT_EMAIL_VERIFICATION`, or `none` with
        /// `SOCIALACCOUNT_ONLY`.
        email_verification: Option<EmailVerification> = "SOCIALACCOUNT_EMAIL_VERIFICATION", None;
        /// Whether signing up needs an address; unset, as `ACCOUNT_SIGNUP_FIELDS` has it.
        email_required: Option<bool> = "SOCIALACCOUNT_EMAIL_REQUIRED", None;
        /// Whether providers are asked for addresses; unset, where one is needed.
        query_email: Option<bool> = "SOCIALACCOUNT_QUERY_EMAIL", None;
        /// Whether the providers' tokens are kept, sealed.
        store_tokens: bool = "SOCIALACCOUNT_STORE_TOKENS", false;
        /// Seconds that a provider has for an answer.
        requests_timeout: u64 = "SOCIALACCOUNT_REQUESTS_TIMEOUT", 5;
        /// Whether connecting and disconnecting need a recent reauthentication; unset, as `ACCOUNT_REAUTHENTICATION_REQUIRED`.
        reauthentication_required: Option<bool> = "SOCIALACCOUNT_REAUTHENTICATION_REQUIRED", None;
        /// What the callbacks of generic OpenID Connect have in their paths: `/accounts/oidc/<id>/login/callback/`.
        openid_connect_url_prefix: String = "SOCIALACCOUNT_OPENID_CONNECT_URL_PREFIX", "oidc".into();
    }
}

section! {
    /// The list of a person's sessions.
    UserSessionSettings {
        /// Whether people can list and end their sessions.
        enabled: bool = "USERSESSIONS_ENABLED", true;
        /// Whether address, user agent and last use follow each request.
        track_activity: bool = "USERSESSIONS_TRACK_ACTIVITY", false;
    }
}

fn localhost() -> Url {
    Url::parse("http://localhost:8000").expect("a valid URL")
}

macro_rules! settings {
    ($($(#[doc = $text:literal])* $field:ident: $section:ident,)*) => {
        /// All settings.
        #[derive(Debug, Clone, Default)]
        pub struct Settings { $($(#[doc = $text])* pub $field: $section,)* }

        impl Settings {
            /// Takes what is given for a setting, where the name is one.
            pub(super) fn take(&mut self, name: &str, given: super::Given<'_>) -> Option<Result<(), String>> {
                None$(.or_else(|| self.$field.take(name, given)))*
            }

            pub(super) fn sections() -> Vec<(&'static str, Vec<super::declare::Declaration>)> {
                vec![$((concat!($($text),*), $section::declarations()),)*]
            }

            pub(super) fn names() -> impl Iterator<Item = &'static str> {
                [$($section::NAMES,)*].into_iter().flatten().copied()
            }
        }
    };
}

settings! {
    /// The service
    service: ServiceSettings,
    /// Accounts
    account: AccountSettings,
    /// The headless API
    headless: HeadlessSettings,
    /// Cookies
    cookies: CookieSettings,
    /// What browsers are told
    security: SecuritySettings,
    /// Mail
    mail: MailSettings,
    /// Second factors
    mfa: MfaSettings,
    /// Tokens
    tokens: TokenSettings,
    /// The flat API
    flat: FlatSettings,
    /// Third-party identities
    social: SocialSettings,
    /// Sessions
    user_sessions: UserSessionSettings,
    /// The JWT API
    jwt_api: JwtApiSettings,
}
