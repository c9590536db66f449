//! The macro that declares settings. It creates a setting's field, its parser and its row in the documentation.

/// A setting, as the documentation shows it.
pub struct Declaration {
    /// The name in the environment and in the file.
    pub name: &'static str,
    /// The kind of its value.
    pub kind: &'static str,
    /// The default, as an operator would write it.
    pub default: String,
    /// The description.
    pub text: String,
}

/// Declares a section: a struct, its defaults, its parser, and its rows in the documentation.
macro_rules! section {
    (
        $(#[doc = $about:literal])*
        $section:ident {
            $( $(#[doc = $text:literal])* $field:ident: $type:ty = $name:literal, $default:expr; )*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone)]
        pub struct $section {
            $( $(#[doc = $text])* pub $field: $type, )*
        }

        impl Default for $section {
            fn default() -> Self {
                Self { $( $field: $default ),* }
            }
        }

        impl $section {
            /// Sets the setting with this name. Returns `None` if the section has no such setting. A wrong value
            /// changes nothing.
            pub(super) fn take(&mut self, name: &str, given: super::Given<'_>) -> Option<Result<(), String>> {
                Some(match name {
                    $( $name => given.read().map(|value| self.$field = value), )*
                    _ => return None,
                })
            }

            /// Returns the section's settings for the documentation.
            pub(super) fn declarations() -> Vec<super::declaration::Declaration> {
                vec![ $( super::declaration::Declaration {
                    name: $name,
                    kind: <$type as super::values::Value>::KIND,
                    default: super::values::Value::show(&{ let default: $type = $default; default }),
                    text: [$($text),*].concat().trim().to_owned(),
                } ),* ]
            }

            /// The names that this section reads.
            pub(super) const NAMES: &'static [&'static str] = &[$($name),*];
        }
    };
}

pub(super) use section;
