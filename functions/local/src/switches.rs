//! The settings that the page for developers can change.

use std::collections::BTreeMap;

/// Settings that are switched together.
pub(crate) struct Switch {
    /// The name of the form's field.
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) options: &'static [Choice],
}

/// One position of a switch.
pub(crate) struct Choice {
    /// The value of the form's field.
    pub(crate) value: &'static str,
    pub(crate) label: &'static str,
    /// Names and values of settings, as the environment would have them.
    settings: &'static [(&'static str, &'static str)],
}

/// Creates a choice. It keeps the table below short.
const fn choice(value: &'static str, label: &'static str, settings: &'static [(&'static str, &'static str)]) -> Choice {
    Choice { value, label, settings }
}

/// Every switch, in the order of the page.
pub(crate) const SWITCHES: &[Switch] = &[
    Switch {
        name: "verification",
        label: "Email verification",
        options: &[
            choice("mandatory", "Mandatory", &[("ACCOUNT_EMAIL_VERIFICATION", "mandatory")]),
            choice("optional", "Optional", &[("ACCOUNT_EMAIL_VERIFICATION", "optional")]),
            choice("none", "None", &[("ACCOUNT_EMAIL_VERIFICATION", "none")]),
        ],
    },
    Switch {
        name: "verify-by",
        label: "Verify addresses by",
        options: &[
            choice("link", "Link", &[("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "false")]),
            choice(
                "code",
                "Code",
                &[
                    ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true"),
                    ("ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND", "true"),
                    ("ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE", "true"),
                ],
            ),
        ],
    },
    Switch {
        name: "reset-by",
        label: "Reset passwords by",
        options: &[
            choice("link", "Link", &[("ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED", "false")]),
            choice("code", "Code", &[("ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED", "true")]),
        ],
    },
    Switch {
        name: "login-code",
        label: "Login by mailed code",
        options: &[
            choice("off", "Off", &[("ACCOUNT_LOGIN_BY_CODE_ENABLED", "false")]),
            choice(
                "on",
                "On",
                &[("ACCOUNT_LOGIN_BY_CODE_ENABLED", "true"), ("ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND", "true")],
            ),
            choice(
                "required",
                "Required after a password",
                &[
                    ("ACCOUNT_LOGIN_BY_CODE_ENABLED", "true"),
                    ("ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND", "true"),
                    ("ACCOUNT_LOGIN_BY_CODE_REQUIRED", r#"["password"]"#),
                ],
            ),
        ],
    },
    Switch {
        name: "passkeys",
        label: "Security keys and passkeys",
        options: &[
            choice("off", "Off", &[("MFA_SUPPORTED_TYPES", r#"["recovery_codes", "totp"]"#)]),
            choice("second-factor", "Second factor", &[("MFA_SUPPORTED_TYPES", ALL_FACTORS)]),
            choice("login", "Login", &[("MFA_SUPPORTED_TYPES", ALL_FACTORS), ("MFA_PASSKEY_LOGIN_ENABLED", "true")]),
            choice(
                "signup",
                "Login and sign-up",
                &[
                    ("ACCOUNT_EMAIL_VERIFICATION", "mandatory"),
                    ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true"),
                    ("ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND", "true"),
                    ("LATCHKEY_WEBAUTHN_FULL_OPTIONS", "true"),
                    ("MFA_SUPPORTED_TYPES", ALL_FACTORS),
                    ("MFA_PASSKEY_LOGIN_ENABLED", "true"),
                    ("MFA_PASSKEY_SIGNUP_ENABLED", "true"),
                ],
            ),
        ],
    },
    Switch {
        name: "trust",
        label: "Trust this browser",
        options: &[
            choice("off", "Off", &[("MFA_TRUST_ENABLED", "false")]),
            choice("on", "On", &[("MFA_TRUST_ENABLED", "true")]),
        ],
    },
    Switch {
        name: "signup",
        label: "Sign-up",
        options: &[
            choice("email", "Email", &[("ACCOUNT_SIGNUP_FIELDS", r#"["email*", "password1*"]"#)]),
            choice(
                "username",
                "Email and username",
                &[
                    ("ACCOUNT_SIGNUP_FIELDS", r#"["email*", "username*", "password1*"]"#),
                    ("ACCOUNT_USER_MODEL_USERNAME_FIELD", "username"),
                    ("ACCOUNT_LOGIN_METHODS", r#"["email", "username"]"#),
                ],
            ),
            choice(
                "phone",
                "Email and phone",
                &[
                    ("ACCOUNT_SIGNUP_FIELDS", r#"["email*", "phone", "password1*"]"#),
                    ("ACCOUNT_LOGIN_METHODS", r#"["email", "phone"]"#),
                    ("ACCOUNT_PHONE_VERIFICATION_SUPPORTS_RESEND", "true"),
                    ("ACCOUNT_PHONE_VERIFICATION_SUPPORTS_CHANGE", "true"),
                ],
            ),
            choice("closed", "Closed", &[("ACCOUNT_SIGNUP_OPEN", "false")]),
        ],
    },
    Switch {
        name: "provider",
        label: "Identity provider",
        options: &[
            choice("none", "None", &[("SOCIALACCOUNT_PROVIDERS", "{}")]),
            choice("dummy", "A dummy that accepts everybody", &[("SOCIALACCOUNT_PROVIDERS", r#"{"dummy": {}}"#)]),
        ],
    },
    Switch {
        name: "reauthentication",
        label: "Changes need a recent login",
        options: &[
            choice("no", "No", &[("ACCOUNT_REAUTHENTICATION_REQUIRED", "false")]),
            choice("yes", "Yes", &[("ACCOUNT_REAUTHENTICATION_REQUIRED", "true")]),
        ],
    },
];

const ALL_FACTORS: &str = r#"["recovery_codes", "totp", "webauthn"]"#;

/// The chosen positions. Switches that are not listed have the settings of the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Switches(BTreeMap<&'static str, &'static str>);

impl Switches {
    /// Reads the form of the page. Fields and values that it does not have are ignored.
    pub(crate) fn from_form(form: &[u8]) -> Self {
        let given = url::form_urlencoded::parse(form).filter_map(|(name, value)| {
            let switch = SWITCHES.iter().find(|switch| switch.name == name)?;
            let choice = switch.options.iter().find(|choice| choice.value == value)?;
            Some((switch.name, choice.value))
        });
        Self(given.collect())
    }

    /// Returns the position of a switch, or `None` if it has the settings of the start.
    pub(crate) fn option(&self, switch: &str) -> Option<&'static str> {
        self.0.get(switch).copied()
    }

    /// Returns the settings of all chosen positions. If two switches set the same setting, the later switch wins.
    pub(crate) fn settings(&self) -> BTreeMap<&'static str, &'static str> {
        let chosen = SWITCHES.iter().filter_map(|switch| {
            let value = self.option(switch.name)?;
            switch.options.iter().find(|choice| choice.value == value)
        });
        chosen.flat_map(|choice| choice.settings).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::settings::{Settings, Source};

    fn load(switches: &Switches) -> Result<Settings, String> {
        let key = [("SECRET_KEY", "0123456789abcdef0123456789abcdef")];
        let given = key.into_iter().chain(switches.settings());
        let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Settings::load(&Source::new(given)).map_err(|problems| problems.to_string())
    }

    #[test]
    fn every_option_of_a_switch_is_valid_alone() {
        for switch in SWITCHES {
            for choice in switch.options {
                let moved = Switches::from_form(format!("{}={}", switch.name, choice.value).as_bytes());
                assert_eq!(moved.option(switch.name), Some(choice.value));
                if let Err(problems) = load(&moved) {
                    panic!("{} = {}: {problems}", switch.name, choice.value);
                }
            }
        }
    }

    #[test]
    fn unknown_fields_and_values_of_a_form_change_no_switch() {
        assert_eq!(Switches::from_form(b"verification=never&x=1&=&reset-by="), Switches::default());
    }
}
