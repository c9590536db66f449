//! The cookies of the browser client, with Django's names and attributes.

use super::headers;
use crate::account::UserId;
use crate::app::App;
use crate::flow::login::device;
use crate::session::Api;
use crate::settings::{SameSite, Settings};
use axum::http::{HeaderMap, HeaderValue};
use cookie::{Cookie, CookieBuilder, time::Duration};

/// Returns the value of a cookie, from the last header that contains it. Invalid cookies, such as one that another
/// application set on the same domain, are skipped.
pub(super) fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut value = None;
    for line in headers::lines(headers, "cookie") {
        // A request needs only a few cookies, so cookies with other names are not parsed.
        let texts = line.split(';').filter(|text| text.trim_start().starts_with(name));
        for cookie in texts.filter_map(|text| Cookie::parse(text).ok()).filter(|cookie| cookie.name() == name) {
            value = Some(cookie.value().to_owned());
        }
    }
    value
}

fn finish(
    settings: &Settings,
    builder: CookieBuilder<'static>,
    domain: Option<&String>,
    same_site: SameSite,
    age: Option<i64>,
) -> Option<HeaderValue> {
    let builder = match same_site {
        SameSite::Lax => builder.same_site(cookie::SameSite::Lax),
        SameSite::Strict => builder.same_site(cookie::SameSite::Strict),
        SameSite::None => builder.same_site(cookie::SameSite::None),
        SameSite::Omitted => builder,
    };
    let builder = match domain {
        Some(domain) => builder.domain(domain.clone()),
        None => builder,
    };
    let builder = match age {
        Some(seconds) => builder.max_age(Duration::seconds(seconds)),
        None => builder,
    };
    let builder = if settings.cookies.partitioned { builder.partitioned(true) } else { builder };
    HeaderValue::from_str(&builder.build().to_string()).ok()
}

/// Returns the session cookie. Without a token, it removes the cookie.
pub(super) fn session(settings: &Settings, token: Option<&str>) -> Option<HeaderValue> {
    let cookies = &settings.cookies;
    let forget = cookies.session_expire_at_browser_close || settings.account.session_remember == Some(false);
    let age = match token {
        None => Some(0),
        Some(_) if forget => None,
        Some(_) => Some(cookies.session_age),
    };
    let builder = Cookie::build((cookies.session_name.clone(), token.unwrap_or_default().to_owned()))
        .path(cookies.session_path.clone())
        .secure(settings.is_secure(cookies.session_secure))
        .http_only(cookies.session_httponly);
    finish(settings, builder, cookies.session_domain.as_ref(), cookies.session_samesite, age)
}

/// Returns the CSRF cookie, which the frontend's scripts read.
pub(super) fn csrf(settings: &Settings, secret: &str) -> Option<HeaderValue> {
    let cookies = &settings.cookies;
    let builder = Cookie::build((cookies.csrf_name.clone(), secret.to_owned()))
        .path(cookies.csrf_path.clone())
        .secure(settings.is_secure(cookies.csrf_secure))
        .http_only(cookies.csrf_httponly);
    finish(settings, builder, cookies.csrf_domain.as_ref(), cookies.csrf_samesite, cookies.csrf_age)
}

/// Returns the cookie of a trusted browser, which can skip the second factor.
pub(super) fn trust(settings: &Settings, value: &str) -> Option<HeaderValue> {
    let (mfa, cookies) = (&settings.mfa, &settings.cookies);
    let builder = Cookie::build((mfa.trust_cookie_name.clone(), value.to_owned()))
        .path(mfa.trust_cookie_path.clone().unwrap_or_else(|| cookies.session_path.clone()))
        .secure(settings.is_secure(mfa.trust_cookie_secure.or(cookies.session_secure)))
        .http_only(mfa.trust_cookie_httponly.unwrap_or(cookies.session_httponly));
    let domain = mfa.trust_cookie_domain.as_ref().or(cookies.session_domain.as_ref());
    let same_site = mfa.trust_cookie_samesite.unwrap_or(cookies.session_samesite);
    finish(settings, builder, domain, same_site, Some(mfa.trust_cookie_age))
}

/// Returns the cookie that records that this user has logged in with this browser. It keeps the users that the cookie
/// already contains. `None` if the settings do not remember browsers. The JWT API sets it with the attributes of its
/// refresh token cookie.
pub(super) fn device(app: &App, api: Api, known: Option<&str>, user: UserId) -> Option<HeaderValue> {
    let (settings, value) = (&app.settings, device::remember(app, known, user)?);
    let cookies = &settings.cookies;
    let (is_secure, same_site) = match api {
        Api::Jwt => (true, settings.jwt_api.refresh_cookie_same_site),
        Api::Headless | Api::Flat => (settings.is_secure(cookies.session_secure), cookies.session_samesite),
    };
    let builder = Cookie::build((cookies.device_name.clone(), value))
        .path(cookies.session_path.clone())
        .secure(is_secure)
        .http_only(true);
    finish(settings, builder, cookies.session_domain.as_ref(), same_site, Some(cookies.device_age))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn headers(lines: &[&[u8]]) -> HeaderMap {
        lines.iter().map(|line| (axum::http::header::COOKIE, HeaderValue::from_bytes(line).unwrap())).collect()
    }

    #[test]
    fn a_cookie_beyond_ascii_does_not_affect_other_cookies() {
        for line in
            ["name=Jürgen; sessionid=abc".as_bytes(), b"name=\xff\xfe; sessionid=abc", b"sessionid=abc; \xc3=\xbc"]
        {
            assert_eq!(read(&headers(&[line]), "sessionid").as_deref(), Some("abc"), "{line:?}");
        }
        assert_eq!(read(&headers(&["name=Jürgen".as_bytes()]), "name").as_deref(), Some("Jürgen"));
        let lines: [&[u8]; 2] = [b"\xff; sessionid=old", b"sessionid=new; =; ;"];
        assert_eq!(read(&headers(&lines), "sessionid").as_deref(), Some("new"), "the last one counts");
    }

    #[test]
    fn a_cookie_with_a_longer_name_is_a_different_cookie() {
        let line: &[u8] = b"sessionid2=a;sessionid=abc ; sessionid_old=b; xsessionid=c; sessionid";
        assert_eq!(read(&headers(&[line]), "sessionid").as_deref(), Some("abc"));
        assert_eq!(read(&headers(&[line]), "session"), None);
    }

    proptest! {
        #[test]
        fn a_cookie_that_is_set_is_read(value in "[!#-+\\--:<-\\[\\]-~]{0,60}", others in "([a-rt-z]{1,9}=[a-z]{0,9}; ?){0,4}") {
            let settings = Settings::default();
            let set = session(&settings, Some(&value)).unwrap();
            let (pair, _) = set.to_str().unwrap().split_once(';').unwrap();
            let line = format!("{others}{pair}");
            let name = &settings.cookies.session_name;
            prop_assert_eq!(read(&headers(&[line.as_bytes()]), name), Some(value));
        }

        #[test]
        fn any_header_is_read_without_a_panic(line: Vec<u8>, before in ".{0,20}", after in ".{0,20}") {
            let text = format!("{before};sessionid={after}");
            for line in [line, text.into_bytes()].iter().filter_map(|line| HeaderValue::from_bytes(line).ok()) {
                let headers = HeaderMap::from_iter([(axum::http::header::COOKIE, line)]);
                read(&headers, "sessionid");
            }
        }
    }
}
