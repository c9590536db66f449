//! `docs/settings.md`, made from the declarations.

use super::Settings;
use std::fmt::Write;

const INTRODUCTION: &str = "\
# Settings

<!-- Made from the code: `cargo run -- settings > docs/settings.md`. A test keeps it current. -->

Every setting that django-allauth or django-jwt-allauth has, and that means something here, keeps its exact name, meaning and
default.
Settings are environment variables. Strings are written plainly; lists, dictionaries, numbers, booleans and `null` are JSON:

    ACCOUNT_EMAIL_VERIFICATION=optional
    ACCOUNT_LOGIN_METHODS='[\"email\", \"username\"]'

`LATCHKEY_SETTINGS` names a JSON file of the same names, or is that JSON itself (it starts with `{`); it lies under the environment. All are read and checked once at
start: every mistake is reported together, and the process does not start; of a deprecated name it says what to use. A name
that begins like a setting and is none stops the start too, with the closest name there is. Settings of Django and the references that
this version does not read are named in a warning at start.

Where a default differs from django-allauth's: login is by email (`ACCOUNT_LOGIN_METHODS`, `ACCOUNT_SIGNUP_FIELDS`,
`ACCOUNT_USER_MODEL_USERNAME_FIELD`), verification is mandatory (`ACCOUNT_EMAIL_VERIFICATION`), second factors, third-party
identities and the list of sessions are on, subjects of mails have no prefix (`ACCOUNT_EMAIL_SUBJECT_PREFIX`), and cookies
are `Secure` when `PUBLIC_URL` is https.
";

/// The whole page.
pub fn document() -> String {
    let mut page = INTRODUCTION.to_owned();
    for (section, rows) in Settings::sections() {
        let _ =
            writeln!(page, "\n## {}\n\n| name | kind | default | what it does |\n|---|---|---|---|", section.trim());
        for row in rows {
            let default = if row.default.is_empty() { String::new() } else { format!("`{}`", row.default) };
            let cell = |text: &str| text.replace('|', "\\|");
            let _ = writeln!(
                page,
                "| `{}` | {} | {} | {} |",
                row.name,
                cell(row.kind.trim()),
                cell(&default),
                cell(&row.text)
            );
        }
    }
    page
}
