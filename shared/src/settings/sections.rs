//! The sections of the settings. Each is a struct.

use super::android_apps::AndroidApps;
use super::declaration::section;
use super::flat::FlatSettings;
use super::jwt_api::JwtApiSettings;
use super::pages::PagesSettings;
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
    /// The service itself. The references do not have settings without a prefix and settings named `LATCHKEY_*`.
    ServiceSettings {
        /// Sets a group of related settings (Latchkey only): `classic` for passwords with second factors, `passwordless` for
        /// mailed codes instead of passwords, `passkeys` for passkeys. A setting that you set yourself overrides the preset.
        preset: Option<Preset> = "LATCHKEY_PRESET", None;
        /// The public URL of the service. Links and origins are built from it, never from a request's `Host`.
        public_url: Url = "PUBLIC_URL", localhost();
        /// The key that all other keys are derived from, at least 32 bytes. The local service generates one in `--data`.
        secret_key: SecretKey = "SECRET_KEY", SecretKey::missing();
        /// Earlier keys. They still verify signatures and decrypt data. Rate limits start from zero with a new key.
        secret_key_fallbacks: Vec<SecretKey> = "SECRET_KEY_FALLBACKS", vec![];
        /// Name of the DynamoDB table.
        table: String = "LATCHKEY_TABLE", "latchkey".into();
        /// The time when a restored table went into service (Latchkey only). Sessions, links and tokens that were created
        /// before this time are refused. `latchkey restored` prints the value to set.
        restored_at: Option<RestoredAt> = "LATCHKEY_RESTORED_AT", None;
        /// Origins whose pages may call the API from a browser, in addition to the origin of `PUBLIC_URL`. Origins of hybrid
        /// apps, such as `capacitor://localhost`, are allowed.
        cors_allowed_origins: Vec<String> = "CORS_ALLOWED_ORIGINS", vec![];
        /// Whether browsers may send cookies with requests from these origins.
        cors_allow_credentials: bool = "CORS_ALLOW_CREDENTIALS", true;
        /// Additional request headers that scripts of these origins may send. The default headers of django-cors-headers and
        /// the headers of the API are always allowed.
        cors_allow_headers: Vec<String> = "CORS_ALLOW_HEADERS", vec![];
        /// The kind of credential that an authorizer checks.
        authorizer_credential: AuthorizerCredential = "LATCHKEY_AUTHORIZER_CREDENTIAL", AuthorizerCredential::AccessToken;
        /// A folder with message templates. They replace the built-in templates with the same relative names.
        templates_dir: Option<String> = "LATCHKEY_TEMPLATES_DIR", None;
        /// The product's name in messages and on the hosted pages.
        product_name: String = "LATCHKEY_PRODUCT_NAME", "Latchkey".into();
        /// The certificate authorities that are trusted for AWS endpoints: `amazon` for Amazon's own, which is enough, or
        /// `platform` for the machine's store.
        tls_roots: TlsRoots = "LATCHKEY_TLS_ROOTS", TlsRoots::Amazon;
        /// Number of proxies in front of the service that add to `X-Forwarded-For`. 0 ignores the header.
        trusted_proxy_count: usize = "ALLAUTH_TRUSTED_PROXY_COUNT", 0;
        /// A header, set by a trusted proxy, that contains the client's address.
        trusted_client_ip_header: Option<String> = "ALLAUTH_TRUSTED_CLIENT_IP_HEADER", None;
        /// Length in bits of the prefix by which rate limits count IPv6 addresses.
        rate_limit_ipv6_prefix: u8 = "ALLAUTH_RATE_LIMIT_IPV6_PREFIX", 64;
        /// Format of codes that users type: `{"numeric": false, "length": 8, "dashed": true, "allowed_chars": "…"}`.
        user_code_format: CodeFormat = "ALLAUTH_USER_CODE_FORMAT", CodeFormat::default();
    }
}

section! {
    /// Accounts.
    AccountSettings {
        /// The identifiers that users can log in with.
        login_methods: Vec<LoginMethod> = "ACCOUNT_LOGIN_METHODS", vec![LoginMethod::Email];
        /// The fields of signup. `*` marks a required field.
        signup_fields: SignupFields = "ACCOUNT_SIGNUP_FIELDS", SignupFields::parse(["email*", "password1*"]);
        /// Whether users can sign up.
        signup_open: bool = "ACCOUNT_SIGNUP_OPEN", true;
        /// `username` if accounts have a username, `null` if they do not.
        username_field: Option<String> = "ACCOUNT_USER_MODEL_USERNAME_FIELD", None;
        /// Minimum number of characters of a username.
        username_min_length: usize = "ACCOUNT_USERNAME_MIN_LENGTH", 1;
        /// Usernames that are not allowed, in upper or lower case.
        username_blacklist: Vec<String> = "ACCOUNT_USERNAME_BLACKLIST", vec![];
        /// Whether usernames keep their case. They are always compared without case.
        preserve_username_casing: bool = "ACCOUNT_PRESERVE_USERNAME_CASING", true;
        /// Whether addresses have to be verified: `mandatory`, `optional` or `none`.
        email_verification: EmailVerification = "ACCOUNT_EMAIL_VERIFICATION", EmailVerification::Mandatory;
        /// Whether addresses are verified by a code instead of a link.
        email_verification_by_code_enabled: bool = "ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", false;
        /// Allowed attempts at one code.
        email_verification_by_code_max_attempts: u32 = "ACCOUNT_EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS", 3;
        /// Lifetime of a code in seconds.
        email_verification_by_code_timeout: i64 = "ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT", 900;
        /// Format of the code. If unset, `ALLAUTH_USER_CODE_FORMAT` is used.
        email_verification_by_code_format: Option<CodeFormat> = "ACCOUNT_EMAIL_VERIFICATION_BY_CODE_FORMAT", None;
        /// How often a new code can be requested. `true` means twice.
        email_verification_supports_resend: Quota = "ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND", Quota(0);
        /// Lifetime of a verification link in days.
        email_confirmation_expire_days: f64 = "ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS", 3.0;
        /// Whether verification by link logs the user in, in the browser that signed up.
        login_on_email_confirmation: bool = "ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION", false;
        /// Maximum duration of a login in seconds, from its first step to its last.
        login_timeout: i64 = "ACCOUNT_LOGIN_TIMEOUT", 900;
        /// Whether answers hide that an account exists: `true`, `false` or `strict`.
        prevent_enumeration: PreventEnumeration = "ACCOUNT_PREVENT_ENUMERATION", PreventEnumeration::Yes;
        /// Whether a verified address can belong to one account only.
        unique_email: bool = "ACCOUNT_UNIQUE_EMAIL", true;
        /// A prefix for the subject of every mail.
        email_subject_prefix: String = "ACCOUNT_EMAIL_SUBJECT_PREFIX", String::new();
        /// `false` turns all limits off. A dictionary overrides the defaults: `{"login": "30/m/ip"}`.
        rate_limits: RateLimits<AccountRates> = "ACCOUNT_RATE_LIMITS", RateLimits::default();
        /// Whether browsers keep the session cookie after they are closed. `false` makes it a cookie of the browser session.
        session_remember: Option<bool> = "ACCOUNT_SESSION_REMEMBER", None;
        /// How often the address can be changed while its verification is pending. `true` means twice.
        email_verification_supports_change: Quota = "ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE", Quota(0);
        /// Name of a form field that users do not see. A signup that fills it in creates no account and gets the usual answer.
        signup_form_honeypot_field: Option<String> = "ACCOUNT_SIGNUP_FORM_HONEYPOT_FIELD", None;
        /// Maximum number of addresses of an account. `null` means 20.
        max_email_addresses: Option<usize> = "ACCOUNT_MAX_EMAIL_ADDRESSES", None;
        /// Whether a new address replaces the other addresses after it is verified.
        change_email: bool = "ACCOUNT_CHANGE_EMAIL", false;
        /// Whether users get a mail when their account changes.
        email_notifications: bool = "ACCOUNT_EMAIL_NOTIFICATIONS", false;
        /// Whether mails are sent to addresses without an account.
        email_unknown_accounts: bool = "ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS", true;
        /// Whether users can log in by a mailed code.
        login_by_code_enabled: bool = "ACCOUNT_LOGIN_BY_CODE_ENABLED", false;
        /// Whether every login needs a code: `true`, or a list of login methods that do (`password`, `mfa`, `socialaccount`).
        login_by_code_required: RequiredFor = "ACCOUNT_LOGIN_BY_CODE_REQUIRED", RequiredFor::None;
        /// Allowed attempts at one code.
        login_by_code_max_attempts: u32 = "ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS", 3;
        /// Lifetime of a code in seconds.
        login_by_code_timeout: i64 = "ACCOUNT_LOGIN_BY_CODE_TIMEOUT", 180;
        /// How often a new code can be requested. `true` means twice.
        login_by_code_supports_resend: Quota = "ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND", Quota(0);
        /// Format of the code. If unset, `ALLAUTH_USER_CODE_FORMAT` is used.
        login_by_code_format: Option<CodeFormat> = "ACCOUNT_LOGIN_BY_CODE_FORMAT", None;
        /// Whether a trusted browser does not need such a code. The endpoint that trusts a browser needs `MFA_TRUST_ENABLED`.
        login_by_code_trust_enabled: bool = "ACCOUNT_LOGIN_BY_CODE_TRUST_ENABLED", false;
        /// Whether passwords are reset by a code instead of a link.
        password_reset_by_code_enabled: bool = "ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED", false;
        /// Allowed attempts at one code.
        password_reset_by_code_max_attempts: u32 = "ACCOUNT_PASSWORD_RESET_BY_CODE_MAX_ATTEMPTS", 3;
        /// Lifetime of a code in seconds.
        password_reset_by_code_timeout: i64 = "ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT", 180;
        /// Format of the code. If unset, `ALLAUTH_USER_CODE_FORMAT` is used.
        password_reset_by_code_format: Option<CodeFormat> = "ACCOUNT_PASSWORD_RESET_BY_CODE_FORMAT", None;
        /// Lifetime of a reset link in seconds.
        password_reset_timeout: i64 = "PASSWORD_RESET_TIMEOUT", 259_200;
        /// Whether a password reset logs the user in.
        login_on_password_reset: bool = "ACCOUNT_LOGIN_ON_PASSWORD_RESET", false;
        /// Whether a password change logs the user out.
        logout_on_password_change: bool = "ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE", false;
        /// Whether changes of addresses and phone numbers need a recent reauthentication.
        reauthentication_required: bool = "ACCOUNT_REAUTHENTICATION_REQUIRED", false;
        /// Seconds for which a reauthentication counts as recent.
        reauthentication_timeout: i64 = "ACCOUNT_REAUTHENTICATION_TIMEOUT", 300;
        /// Whether phone numbers have to be verified.
        phone_verification_enabled: bool = "ACCOUNT_PHONE_VERIFICATION_ENABLED", true;
        /// Allowed attempts at one code.
        phone_verification_max_attempts: u32 = "ACCOUNT_PHONE_VERIFICATION_MAX_ATTEMPTS", 3;
        /// Lifetime of a code in seconds.
        phone_verification_timeout: i64 = "ACCOUNT_PHONE_VERIFICATION_TIMEOUT", 900;
        /// How often a new code can be requested. `true` means twice.
        phone_verification_supports_resend: Quota = "ACCOUNT_PHONE_VERIFICATION_SUPPORTS_RESEND", Quota(0);
        /// How often the number can be changed while its verification is pending. `true` means twice.
        phone_verification_supports_change: Quota = "ACCOUNT_PHONE_VERIFICATION_SUPPORTS_CHANGE", Quota(0);
        /// Format of the code. If unset, `ALLAUTH_USER_CODE_FORMAT` is used.
        phone_verification_code_format: Option<CodeFormat> = "ACCOUNT_PHONE_VERIFICATION_CODE_FORMAT", None;
    }
}

section! {
    /// The headless API.
    HeadlessSettings {
        /// The kinds of client that are served.
        clients: Vec<ClientKind> = "HEADLESS_CLIENTS", vec![ClientKind::Browser, ClientKind::App];
        /// The URLs of the frontend's pages. Mails link to them.
        frontend_urls: BTreeMap<String, String> = "HEADLESS_FRONTEND_URLS", BTreeMap::new();
        /// Whether all links must be in `HEADLESS_FRONTEND_URLS`. If `false`, missing links point to `PUBLIC_URL`.
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
        /// Lifetime of a session in seconds.
        session_age: i64 = "SESSION_COOKIE_AGE", 1_209_600;
        /// Domain of the session cookie.
        session_domain: Option<String> = "SESSION_COOKIE_DOMAIN", None;
        /// Path of the session cookie.
        session_path: String = "SESSION_COOKIE_PATH", "/".into();
        /// Whether the session cookie is sent over https only. If unset, it is if `PUBLIC_URL` is https.
        session_secure: Option<bool> = "SESSION_COOKIE_SECURE", None;
        /// Whether scripts cannot read the session cookie.
        session_httponly: bool = "SESSION_COOKIE_HTTPONLY", true;
        /// The `SameSite` attribute of the session cookie: `Lax`, `Strict`, `None`, or `false` for no attribute.
        session_samesite: SameSite = "SESSION_COOKIE_SAMESITE", SameSite::Lax;
        /// Whether the session cookie ends when the browser is closed.
        session_expire_at_browser_close: bool = "SESSION_EXPIRE_AT_BROWSER_CLOSE", false;
        /// Name of the CSRF cookie.
        csrf_name: String = "CSRF_COOKIE_NAME", "csrftoken".into();
        /// Lifetime of the CSRF cookie in seconds. `null` makes it a cookie of the browser session.
        csrf_age: Option<i64> = "CSRF_COOKIE_AGE", Some(31_449_600);
        /// Domain of the CSRF cookie.
        csrf_domain: Option<String> = "CSRF_COOKIE_DOMAIN", None;
        /// Path of the CSRF cookie.
        csrf_path: String = "CSRF_COOKIE_PATH", "/".into();
        /// Whether the CSRF cookie is sent over https only. If unset, it is if `PUBLIC_URL` is https.
        csrf_secure: Option<bool> = "CSRF_COOKIE_SECURE", None;
        /// Whether scripts cannot read the CSRF cookie. A single-page app has to read it.
        csrf_httponly: bool = "CSRF_COOKIE_HTTPONLY", false;
        /// The `SameSite` attribute of the CSRF cookie: `Lax`, `Strict`, `None`, or `false` for no attribute.
        csrf_samesite: SameSite = "CSRF_COOKIE_SAMESITE", SameSite::Lax;
        /// The header that contains the CSRF token, in WSGI notation.
        csrf_header: String = "CSRF_HEADER_NAME", "HTTP_X_CSRFTOKEN".into();
        /// Origins whose pages may send unsafe requests, in addition to the origin of `PUBLIC_URL`. `https://*.example.com`
        /// means all hosts below `example.com`.
        csrf_trusted_origins: Vec<String> = "CSRF_TRUSTED_ORIGINS", vec![];
        /// Whether browsers keep separate cookies for each site that shows the service in a frame (`Partitioned`, CHIPS). All
        /// cookies have to be `Secure`. In a frame of another site they also need `SameSite=None`.
        partitioned: bool = "LATCHKEY_COOKIE_PARTITIONED", false;
        /// Whether a cookie remembers a browser that was used to log in, so that failed logins elsewhere do not lock the owner
        /// out (Latchkey only). The JWT API sets it if refresh tokens are in cookies.
        device_cookie: bool = "LATCHKEY_DEVICE_COOKIE", false;
        /// Name of the device cookie.
        device_name: String = "LATCHKEY_DEVICE_COOKIE_NAME", "latchkey_device".into();
        /// Seconds for which the device cookie is valid after the last login. Its domain, path, `Secure` and `SameSite` are
        /// those of the session cookie. In the JWT API, `Secure` and `SameSite` are those of the refresh token's cookie.
        device_age: i64 = "LATCHKEY_DEVICE_COOKIE_AGE", 31_536_000;
    }
}

section! {
    /// Mail.
    MailSettings {
        /// The sender, as `Name <address>` or as an address.
        from: String = "DEFAULT_FROM_EMAIL", "webmaster@localhost".into();
        /// The SES configuration set for mails.
        configuration_set: Option<String> = "LATCHKEY_SES_CONFIGURATION_SET", None;
    }
}

section! {
    /// Second factors and passkeys.
    MfaSettings {
        /// Whether second factors exist.
        enabled: bool = "MFA_ENABLED", true;
        /// The kinds of authenticator that can be set up.
        supported_types: Vec<String> = "MFA_SUPPORTED_TYPES", vec!["recovery_codes".into(), "totp".into()];
        /// Whether second factors can be set up before the address is verified.
        allow_unverified_email: bool = "MFA_ALLOW_UNVERIFIED_EMAIL", false;
        /// Whether changes of second factors need a recent reauthentication.
        reauthentication_required: bool = "MFA_REAUTHENTICATION_REQUIRED", true;
        /// Whether a change of second factors ends all other sessions and logins of the account (Latchkey only).
        change_ends_sessions: bool = "LATCHKEY_MFA_CHANGE_ENDS_SESSIONS", true;
        /// Number of recovery codes.
        recovery_code_count: usize = "MFA_RECOVERY_CODE_COUNT", 10;
        /// Number of digits of a recovery code.
        recovery_code_digits: usize = "MFA_RECOVERY_CODE_DIGITS", 8;
        /// Whether recovery codes are shown only once.
        recovery_codes_show_once: bool = "MFA_RECOVERY_CODES_SHOW_ONCE", false;
        /// Seconds for which an authenticator app shows a code.
        totp_period: u64 = "MFA_TOTP_PERIOD", 30;
        /// Number of digits of a code.
        totp_digits: u8 = "MFA_TOTP_DIGITS", 6;
        /// The issuer that authenticator apps show. If empty, it is the host of `PUBLIC_URL`.
        totp_issuer: String = "MFA_TOTP_ISSUER", String::new();
        /// Number of codes before and after the current one that are accepted.
        totp_tolerance: u16 = "MFA_TOTP_TOLERANCE", 0;
        /// Whether users can trust a browser, which then needs no second factor.
        trust_enabled: bool = "MFA_TRUST_ENABLED", false;
        /// Seconds for which a browser is trusted.
        trust_cookie_age: i64 = "MFA_TRUST_COOKIE_AGE", 1_209_600;
        /// Name of the cookie of a trusted browser.
        trust_cookie_name: String = "MFA_TRUST_COOKIE_NAME", "mfa_trusted".into();
        /// Domain of this cookie. If unset, it is that of the session cookie.
        trust_cookie_domain: Option<String> = "MFA_TRUST_COOKIE_DOMAIN", None;
        /// Path of this cookie. If unset, it is that of the session cookie.
        trust_cookie_path: Option<String> = "MFA_TRUST_COOKIE_PATH", None;
        /// Whether this cookie is sent over https only. If unset, the setting of the session cookie applies.
        trust_cookie_secure: Option<bool> = "MFA_TRUST_COOKIE_SECURE", None;
        /// Whether scripts cannot read this cookie. If unset, the setting of the session cookie applies.
        trust_cookie_httponly: Option<bool> = "MFA_TRUST_COOKIE_HTTPONLY", None;
        /// The `SameSite` attribute of this cookie: `Lax`, `Strict`, `None`, or `false`. If unset, the setting of the session
        /// cookie applies.
        trust_cookie_samesite: Option<SameSite> = "MFA_TRUST_COOKIE_SAMESITE", None;
        /// Whether users can log in with a passkey only. `MFA_SUPPORTED_TYPES` has to contain `webauthn`.
        passkey_login_enabled: bool = "MFA_PASSKEY_LOGIN_ENABLED", false;
        /// Whether users can sign up with a passkey and no password. `MFA_SUPPORTED_TYPES` has to contain `webauthn`.
        passkey_signup_enabled: bool = "MFA_PASSKEY_SIGNUP_ENABLED", false;
        /// The domain that security keys and passkeys are permanently bound to. It has to be the domain of the frontend's
        /// pages, or a parent of it. If unset, it is the domain of the session or CSRF cookie, or else the host of
        /// `PUBLIC_URL`.
        webauthn_rp_id: Option<String> = "MFA_WEBAUTHN_RP_ID", None;
        /// The origins that may use security keys and passkeys. Native apps have the form `android:apk-key-hash:…`. If unset,
        /// these are the origins of `PUBLIC_URL`, `CORS_ALLOWED_ORIGINS` and `CSRF_TRUSTED_ORIGINS` that are at or below that
        /// domain. The apps of `MFA_WEBAUTHN_ANDROID_APPS` are always included. If an origin is on another domain, browsers
        /// request the list at `/.well-known/webauthn` of that domain, and the service serves it there.
        webauthn_origins: Option<Vec<String>> = "MFA_WEBAUTHN_ORIGINS", None;
        /// Whether every origin may use them, also over `http`. For development only.
        webauthn_allow_insecure_origin: bool = "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN", false;
        /// Whether authenticators verify their user by PIN or biometrics when they are a second factor. For passkeys they
        /// always do.
        webauthn_user_verification: UserVerification = "MFA_WEBAUTHN_USER_VERIFICATION", UserVerification::Preferred;
        /// The origins of pages that may show, in a frame, the pages that use security keys and passkeys. Ceremonies in other
        /// frames are refused. So are ceremonies of browsers that do not report the outermost page (`topOrigin`).
        webauthn_top_origins: Vec<String> = "LATCHKEY_WEBAUTHN_TOP_ORIGINS", Vec::new();
        /// Whether the options of ceremonies include values that django-allauth leaves out: the `timeout`, and the `transports`
        /// of each security key or passkey. With them, browsers ask for the right key at once.
        webauthn_full_options: bool = "LATCHKEY_WEBAUTHN_FULL_OPTIONS", false;
        /// Apps for Apple's systems that use passkeys of that domain, as `TEAMID.bundle.id`. They are listed at
        /// `/.well-known/apple-app-site-association`.
        webauthn_apple_apps: Vec<String> = "MFA_WEBAUTHN_APPLE_APPS", Vec::new();
        /// Android apps that use passkeys of that domain: package names, each with the SHA-256 fingerprints of its
        /// certificates. They are listed at `/.well-known/assetlinks.json`.
        webauthn_android_apps: AndroidApps = "MFA_WEBAUTHN_ANDROID_APPS", AndroidApps::default();
        /// A dictionary that overrides the default rate limits, as in `ACCOUNT_RATE_LIMITS`. `false` turns all limits off.
        rate_limits: RateLimits<MfaRates> = "MFA_RATE_LIMITS", RateLimits::default();
    }
}

impl MfaSettings {
    /// Returns whether authenticators of this kind can be set up.
    pub fn supports(&self, kind: &str) -> bool {
        self.enabled && self.supported_types.iter().any(|it| it == kind)
    }

    /// Returns whether users can log in with only a passkey.
    pub fn has_passkey_login(&self) -> bool {
        self.passkey_login_enabled && self.supports("webauthn")
    }

    /// Returns whether users can sign up with a passkey and no password.
    pub fn has_passkey_signup(&self) -> bool {
        self.passkey_signup_enabled && self.supports("webauthn")
    }
}

section! {
    /// Tokens that other APIs can verify.
    TokenSettings {
        /// The tokens that apps get at login: only a session token (`session`), or also signed tokens (`jwt`). The class names
        /// of django-allauth are accepted too.
        strategy: TokenStrategy = "HEADLESS_TOKEN_STRATEGY", TokenStrategy::Session;
        /// The algorithm that signs tokens. Other services, such as API Gateway, can verify `RS256` only.
        algorithm: Algorithm = "HEADLESS_JWT_ALGORITHM", Algorithm::Rs256;
        /// The signing key: a private RSA key as PEM, or the shared secret of `HS256`, at least 32 bytes. If it is empty, RSA
        /// keys are created, rotated and stored in the table, encrypted. With `HS256`, the key is derived from `SECRET_KEY`.
        private_key: SecretText = "HEADLESS_JWT_PRIVATE_KEY", SecretText::default();
        /// Days until a new key is created, if keys are stored in the table. 0 means never. A new key signs after three hours.
        key_max_age_days: u32 = "HEADLESS_JWT_KEY_MAX_AGE_DAYS", 90;
        /// The audience of the tokens (`aud`). If unset, it is `PUBLIC_URL`, which is also the issuer (`iss`).
        audience: Option<String> = "HEADLESS_JWT_AUDIENCE", None;
        /// Fields of the user that access tokens contain, under these names.
        claims: Vec<UserClaim> = "HEADLESS_JWT_CLAIMS", Vec::new();
        /// Lifetime of an access token in seconds.
        access_expires_in: i64 = "HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN", 300;
        /// Lifetime of a refresh token in seconds. It also ends with its session (`SESSION_COOKIE_AGE`).
        refresh_expires_in: i64 = "HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN", 86_400;
        /// The scheme before the access token in the header `Authorization`.
        header_scheme: String = "HEADLESS_JWT_AUTHORIZATION_HEADER_SCHEME", "Bearer".into();
        /// Whether an access token is valid only while its session exists.
        stateful: bool = "HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED", false;
        /// Whether a refresh returns a new refresh token and ends the old one.
        rotate: bool = "HEADLESS_JWT_ROTATE_REFRESH_TOKEN", true;
        /// Seconds for which the same client may still use a refresh token that was replaced, for example if several tabs
        /// refresh at once, or an answer was lost. The client gets the current token. The same client means the same user
        /// agent. A longer window helps phones, but also gives a thief more time, so keep it well below
        /// `HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN`. 0 means no window: any reuse ends the session.
        grace_seconds: i64 = "HEADLESS_JWT_REFRESH_GRACE_SECONDS", 60;
    }
}

section! {
    /// Third-party identities.
    SocialSettings {
        /// Whether third-party identities exist.
        enabled: bool = "SOCIALACCOUNT_ENABLED", true;
        /// Whether identity providers are the only login method. Login by code, and passkeys for login and signup, have to be
        /// off.
        only: bool = "SOCIALACCOUNT_ONLY", false;
        /// The identity providers, in the format of django-allauth.
        providers: ProviderApps = "SOCIALACCOUNT_PROVIDERS", ProviderApps::default();
        /// Whether users get an account without a form if their provider reports enough data.
        auto_signup: bool = "SOCIALACCOUNT_AUTO_SIGNUP", true;
        /// Whether a provider's verified address logs in to the account that has this address. Use it only with providers that
        /// verify every address.
        email_authentication: bool = "SOCIALACCOUNT_EMAIL_AUTHENTICATION", false;
        /// Whether such a login also connects the identity to the account permanently.
        email_authentication_auto_connect: bool = "SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT", false;
        /// Whether addresses have to be verified after a login through a provider: `mandatory`, `optional` or `none`. If unset,
        /// it is `ACCOUNT_EMAIL_VERIFICATION`, or `none` with `SOCIALACCOUNT_ONLY`.
        email_verification: Option<EmailVerification> = "SOCIALACCOUNT_EMAIL_VERIFICATION", None;
        /// Whether a signup through a provider needs an address. If unset, `ACCOUNT_SIGNUP_FIELDS` decides.
        email_required: Option<bool> = "SOCIALACCOUNT_EMAIL_REQUIRED", None;
        /// Whether providers are asked for addresses. If unset, they are asked if an address is required.
        query_email: Option<bool> = "SOCIALACCOUNT_QUERY_EMAIL", None;
        /// Whether the providers' tokens are stored, encrypted.
        store_tokens: bool = "SOCIALACCOUNT_STORE_TOKENS", false;
        /// Maximum time for a provider's answer in seconds.
        requests_timeout: u64 = "SOCIALACCOUNT_REQUESTS_TIMEOUT", 5;
        /// Whether connecting and disconnecting an identity need a recent reauthentication. If unset,
        /// `ACCOUNT_REAUTHENTICATION_REQUIRED` applies.
        reauthentication_required: Option<bool> = "SOCIALACCOUNT_REAUTHENTICATION_REQUIRED", None;
        /// Path segment in the callback URLs of generic OpenID Connect: `/accounts/oidc/<id>/login/callback/`.
        openid_connect_url_prefix: String = "SOCIALACCOUNT_OPENID_CONNECT_URL_PREFIX", "oidc".into();
    }
}

section! {
    /// The list of a user's sessions.
    UserSessionSettings {
        /// Whether users can list and end their sessions.
        enabled: bool = "USERSESSIONS_ENABLED", true;
        /// Whether each request updates the address, the user agent and the last use of its session.
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
            /// Sets the setting with this name. Returns `None` if there is no such setting.
            pub(super) fn take(&mut self, name: &str, given: super::Given<'_>) -> Option<Result<(), String>> {
                None$(.or_else(|| self.$field.take(name, given)))*
            }

            pub(super) fn sections() -> Vec<(&'static str, Vec<super::declaration::Declaration>)> {
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
    /// The hosted pages
    pages: PagesSettings,
    /// Cookies
    cookies: CookieSettings,
    /// Security headers
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
