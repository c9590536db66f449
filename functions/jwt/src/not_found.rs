//! Paths below the prefix that belong to no endpoint.

use crate::page;
use crate::respond;
use shared::http::{ApiError, ApiRequest, ApiResponse};

/// Redirects a path without its last slash to the endpoint that has it. Answers 404 to all other paths.
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

/// Returns whether a path matches this pattern. A segment in braces matches any segment that is not empty.
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
    fn patterns_match_only_paths_with_a_trailing_slash() {
        assert!(fits("/login/", "/login/"));
        assert!(fits("/registration/verification/{key}/", "/registration/verification/a:b/"));
        for (pattern, path) in
            [("/login/", "/login//"), ("/login/", "/log/"), ("/a/{key}/", "/a//"), ("/{*path}", "/a")]
        {
            assert!(!fits(pattern, path), "{pattern} {path}");
        }
    }
}
