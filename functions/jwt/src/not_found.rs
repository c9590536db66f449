//! Paths below the prefix where nothing lies.

use crate::page;
use crate::respond;
use shared::http::{ApiError, ApiRequest, ApiResponse};

/// A path that lacks its last slash leads to the one that has it; other paths lead nowhere.
pub async fn not_found(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let uri = &request.uri;
    let prefix = request.app.settings.jwt_api.prefix.as_str();
    let path = uri.path().strip_prefix(prefix).map(|path| format!("{path}/")).unwrap_or_default();
    if !crate::endpoints().iter().any(|endpoint| fits(endpoint.path, &path)) {
        return Ok(page::not_found());
    }
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    Ok(respond::moved(&format!("{}{query}", page::path(&request.app, &path))))
}

/// Whether a path is of this pattern, in which braces stand for anything but nothing.
fn fits(pattern: &str, path: &str) -> bool {
    let fits = |(pattern, part): (&str, &str)| match pattern.strip_prefix('{') {
        Some(name) => !name.starts_with('*') && !part.is_empty(),
        None => pattern == part,
    };
    pattern.split('/').count() == path.split('/').count() && pattern.split('/').zip(path.split('/')).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_paths_with_a_last_slash() {
        assert!(fits("/login/", "/login/"));
        assert!(fits("/registration/verification/{key}/", "/registration/verification/a:b/"));
        for (pattern, path) in
            [("/login/", "/login//"), ("/login/", "/log/"), ("/a/{key}/", "/a//"), ("/{*path}", "/a")]
        {
            assert!(!fits(pattern, path), "{pattern} {path}");
        }
    }
}
