//! The generator of `docs/settings.md`.

use super::Settings;
use std::fmt::Write;

const INTRODUCTION: &str = "\
# Settings

<!-- Made from the code: `cargo run -- settings > docs/settings.md`. A test keeps it current. -->

Latchkey uses the settings of django-allauth and django-jwt-allauth with the same names, meanings and defaults, as far as they apply.
Latchkey's own settings start with `LATCHKEY_`, with a few exceptions such as `PUBLIC_URL`. Most of the exceptions are marked
\"(Latchkey only)\".

Settings are environment variables. Strings are written without quotes. Lists, dictionaries, numbers, booleans and `null` are JSON:

    ACCOUNT_EMAIL_VERIFICATION=optional
    ACCOUNT_LOGIN_METHODS='[\"email\", \"username\"]'

`LATCHKEY_SETTINGS` is the path of a JSON file with these names, or the JSON itself (it starts with `{`). Environment variables override it.

All settings are read and checked once, at startup. If there are mistakes, the process reports all of them and does not start. The mistakes
include an unknown name that starts like a setting; the message suggests the closest name. Deprecated names are rejected with the
name of their replacement. Settings of Django and of the two packages that this version does not read cause a warning.

These defaults differ from django-allauth:

- Users log in by email (`ACCOUNT_LOGIN_METHODS`, `ACCOUNT_SIGNUP_FIELDS`, `ACCOUNT_USER_MODEL_USERNAME_FIELD`).
- Verification is mandatory (`ACCOUNT_EMAIL_VERIFICATION`).
- Second factors, third-party identities and the list of sessions are on.
- Subjects of mails have no prefix (`ACCOUNT_EMAIL_SUBJECT_PREFIX`).
- Cookies are `Secure` if `PUBLIC_URL` is https.
";

/// Returns the whole page.
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
