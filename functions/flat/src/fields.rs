//! Field types that only this API has.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use shared::flow::Problem;
use shared::http::Input;
use shared::http::fields::Field;
use std::borrow::Cow;

/// A text whose consumer checks it: a token or a key.
pub struct Unchecked(pub String);

impl Field for Unchecked {
    const CODES: &'static [&'static str] = &[];

    fn value(input: &Input, name: &'static str, _: bool, _: &mut Vec<Problem>) -> Option<Self> {
        input.text(name).map(Self)
    }
}

impl JsonSchema for Unchecked {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "FlatUnchecked".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "number"]})
    }
}
