//! The files of `dist/` and `viewer/`, compressed when the crate was built.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use flate2::read::GzDecoder;
use shared::http::PageRequest;
use std::io::Read;

/// A page.
pub(crate) struct Route {
    /// The path. `{key}` is one segment.
    pub(crate) path: &'static str,
    /// The path without its slash at the end.
    pub(crate) bare: &'static str,
    /// The files that the page loads after those that every page loads.
    pub(crate) preload: &'static [&'static str],
}

/// A file.
struct Asset {
    /// The path in `dist/`, or the path of a file in `viewer/`.
    name: &'static str,
    /// The value of the header `ETag`.
    etag: &'static str,
    gzip: &'static [u8],
    brotli: &'static [u8],
}

impl Asset {
    /// Returns the uncompressed file. It is not stored, because every browser accepts one of the compressed forms.
    fn plain(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // The file was compressed at build time, and reading from memory does not fail. A test covers this.
        if let Err(error) = GzDecoder::new(self.gzip).read_to_end(&mut bytes) {
            tracing::error!(%error, file = self.name, "the file cannot be decompressed");
        }
        bytes
    }
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The path of the folder with the files. The build of `dist/` writes this path into the document.
pub(crate) const FOLDER: &str = "/_latchkey/pages/";

/// `GET /_latchkey/pages/{file}`. Names in `assets/` contain a digest of the file, and those in `viewer/` a version, so browsers
/// keep these files for a year.
pub(crate) fn asset(page: &PageRequest) -> Response<Body> {
    let name = page.http.uri().path().strip_prefix(FOLDER).unwrap_or_default();
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    };
    let is_fixed = name.starts_with("assets/") || name.starts_with("viewer/");
    let cache = if is_fixed { "public, max-age=31536000, immutable" } else { "public, max-age=86400" };
    let request = page.http.headers();
    let (coding, body) = match () {
        () if accepts(request, "br") => (Some("br"), Body::from(asset.brotli)),
        () if accepts(request, "gzip") => (Some("gzip"), Body::from(asset.gzip)),
        () => (None, Body::from(asset.plain())),
    };
    let mut response = unless_known(request, asset.etag, content_type(name), body);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(coding) = coding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}

/// Returns a response with this body, or 304 if the browser already has it (RFC 9110, section 13.1.2).
pub(crate) fn unless_known(request: &HeaderMap, etag: &str, kind: &'static str, body: Body) -> Response<Body> {
    let known = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
    let mut tags = known.flat_map(|tags| tags.split(',')).map(|tag| tag.trim().trim_start_matches("W/"));
    let is_known = tags.any(|tag| tag == etag || tag == "*");
    let mut response = Response::new(if is_known { Body::empty() } else { body });
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.extend(HeaderValue::from_str(etag).ok().map(|etag| (header::ETAG, etag)));
    response
}

/// Returns whether a browser accepts this content coding (RFC 9110, section 12.5.3).
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let lists = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|item| {
        let (name, weight) = item.split_once(';').map_or((item, "q=1"), |(name, weight)| (name, weight.trim()));
        let weight = weight.strip_prefix("q=").and_then(|weight| weight.trim().parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case(coding) && weight.is_some_and(|weight| weight > 0.0)
    })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        Some("txt") => "text/plain; charset=utf-8",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn a_content_coding_is_accepted_by_name_and_weight() {
        for (value, br, gzip) in [
            ("gzip, deflate, br, zstd", true, true),
            ("gzip;q=0.8, br;q=0", false, true),
            ("GZIP ; q=1.0", false, true),
            ("identity", false, false),
            ("br;q=x", false, false),
            ("brotli", false, false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]);
            assert_eq!((accepts(&headers, "br"), accepts(&headers, "gzip")), (br, gzip), "{value}");
        }
        assert!(!accepts(&HeaderMap::new(), "br"));
    }

    #[test]
    fn every_file_that_a_page_loads_exists_and_has_a_type() {
        let all = ROUTES.iter().flat_map(|route| route.preload).copied();
        for file in all {
            let name = file.strip_prefix(FOLDER).expect(file);
            assert!(ASSETS.iter().any(|asset| asset.name == name), "{file}");
        }
        for asset in ASSETS {
            assert_ne!(content_type(asset.name), "application/octet-stream", "{}", asset.name);
            let plain = asset.plain();
            let is_smaller = asset.brotli.len() < plain.len() && asset.gzip.len() < plain.len();
            assert!(is_smaller || plain.len() < 100, "{}", asset.name);
            let digest = Sha256::digest(&plain).iter().take(12).map(|byte| format!("{byte:02x}")).collect::<String>();
            assert_eq!(asset.etag, format!("\"{digest}\""), "{}", asset.name);
        }
    }
}
