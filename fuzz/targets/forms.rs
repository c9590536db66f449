//! Bodies of forms: the first line of the input is the content type.
#![no_main]

use axum::body::Bytes;
use libfuzzer_sys::fuzz_target;
use shared::http::form_fields;

fuzz_target!(|data: &[u8]| {
    let (kind, body) =
        data.iter().position(|byte| *byte == b'\n').map_or((data, &[][..]), |at| (&data[..at], &data[at + 1..]));
    let Ok(kind) = str::from_utf8(kind) else { return };
    let Some(fields) = form_fields(kind, &Bytes::copy_from_slice(body)) else { return };
    // Whatever was read can be written, and reads the same.
    let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    assert_eq!(form_fields("application/x-www-form-urlencoded", &text.into()), Some(fields));
});
