//! One declaration a setting: from it come the field, the reading, and its row in the docs.

/// A setting as the docs show it.
pub struct Declaration {
    /// The name in the environment and in the file.
    pub name: &'static str,
    /// What kind of value it takes.
    pub kind: &'static str,
    /// The default, as it would be written.
    pub default: String,
    /// What it does.
    pub text: String,
}

/// Declares a section: a struct, its defaults, how it is read, and what the docs say of it.
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
            /// Takes what is given for one of the section's settings, where the name is one. What is wrong changes nothing.
            pub(super) fn take(&mut self, name: &str, given: super::Given<'_>) -> Option<Result<(), String>> {
                Some(match name {
                    $( $name => given.read().map(|value| self.$field = value), )*
                    _ => return None,
                })
            }

            /// The section's settings for the docs.
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
