//! Tests of the hosted pages as files: what a browser receives before a script runs. `tests/browser` tests the pages
//! themselves.

use crate::lab::{Lab, Reply, call};
use serde_json::Value;

fn get(lab: &Lab, path: &str, headers: &[(&str, &str)]) -> Reply {
    call(&lab.url, "GET", path, headers, None)
}

/// Returns the settings that the document contains for the pages.
fn boot(reply: &Reply) -> Value {
    let (_, rest) = reply.text.split_once("<script type=\"application/json\" id=\"latchkey\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn the_root_redirects_to_the_account_and_links_of_mails_open_their_pages() {
    let lab = Lab::start(&[("HEADLESS_FRONTEND_URLS", "{}")]);
    let home = get(&lab, "/", &[]);
    assert_eq!((home.status, home.header("location")), (302, Some("/accounts/")));
    for path in
        ["/accounts/", "/accounts/login/", "/accounts/signup/", "/accounts/2fa/", "/accounts/3rdparty/login/error/"]
    {
        assert_eq!(get(&lab, path, &[]).status, 200, "{path}");
    }
    let mut client = lab.app();
    client.post("auth/signup", serde_json::json!({"email": "ada@example.com", "password": "correct horse battery"}));
    client.post("auth/password/request", serde_json::json!({"email": "ada@example.com"}));
    let mails = lab.mails("ada@example.com");
    let links = mails.iter().flat_map(|mail| mail.text.split_whitespace()).filter(|word| word.starts_with("http://"));
    let links = links.collect::<Vec<_>>();
    assert_eq!(links.len(), 2, "{links:?}");
    for link in links {
        let page = get(&lab, &link[link.find("/accounts/").unwrap()..], &[]);
        assert_eq!((page.status, boot(&page)["brand"]["name"].as_str()), (200, Some("Latchkey")), "{link}");
    }
}

#[test]
fn a_page_that_does_not_exist_is_404_with_a_document() {
    let lab = Lab::start(&[]);
    let page = get(&lab, "/accounts/nowhere/", &[]);
    assert_eq!((page.status, page.header("content-type")), (404, Some("text/html; charset=utf-8")));
    assert_eq!(get(&lab, "/_latchkey/pages/assets/nowhere.js", &[]).status, 404);
    assert_eq!(get(&lab, "/_latchkey/pages/../Cargo.toml", &[]).status, 404);
}

#[test]
fn the_document_contains_the_settings_and_no_value_can_end_its_script() {
    let lab = Lab::start(&[
        ("LATCHKEY_PRODUCT_NAME", "</script><script>alert(1)</script>"),
        ("LATCHKEY_TERMS_URL", "https://example.com/terms"),
        ("LATCHKEY_ACCENT_COLOR", "#ffd400"),
        ("LATCHKEY_PAGES_CSS", ".card { border: 0 }"),
        ("ACCOUNT_SIGNUP_FIELDS", r#"["email*", "username", "password1*"]"#),
        ("ACCOUNT_USER_MODEL_USERNAME_FIELD", "username"),
        ("CSRF_TRUSTED_ORIGINS", r#"["https://*.example.com"]"#),
        ("LOGIN_REDIRECT_URL", "https://app.example.com/home"),
    ]);
    let page = get(&lab, "/accounts/signup/", &[]);
    assert!(!page.text.contains("<script>alert"), "{}", page.text);
    let boot = boot(&page);
    assert_eq!(boot["brand"]["name"], "</script><script>alert(1)</script>");
    assert_eq!(boot["brand"]["termsUrl"], "https://example.com/terms");
    assert_eq!(boot["loginRedirectUrl"], "https://app.example.com/home");
    assert_eq!(boot["trustedOrigins"], serde_json::json!(["https://*.example.com", "https://app.example.test"]));
    assert_eq!(boot["configuration"], lab.browser().get("config").json["data"]);
    let fields = serde_json::json!([
        {"name": "email", "required": true}, {"name": "username", "required": false}, {"name": "password1", "required": true},
    ]);
    assert_eq!(boot["signup"]["fields"], fields);
    let brand = get(&lab, "/_latchkey/pages/brand.css", &[]).text;
    assert!(brand.contains("--brand-accent: #ffd400") && brand.ends_with(".card { border: 0 }"), "{brand}");
}

#[test]
fn files_are_cached_for_a_year_and_documents_are_not_cached() {
    let lab = Lab::start(&[]);
    let page = get(&lab, "/accounts/login/", &[]);
    assert!(page.header("cache-control").unwrap().contains("no-store"));
    let script = page.text.split('"').find(|part| part.ends_with(".js")).unwrap();
    let file = get(&lab, script, &[]);
    assert_eq!(file.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(file.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(file.header("vary"), Some("accept-encoding"));
    let tag = file.header("etag").unwrap();
    let again = get(&lab, script, &[("if-none-match", &format!("W/\"other\", W/{tag}"))]);
    assert_eq!((again.status, again.text.as_str()), (304, ""));
}

#[test]
fn the_description_is_shown_by_files_of_the_pages_or_as_a_table_without_them() {
    let lab = Lab::start(&[("HEADLESS_SERVE_SPECIFICATION", "true")]);
    for path in ["/_latchkey/openapi.html", "/_allauth/openapi.html"] {
        let page = get(&lab, path, &[]).text;
        let files = page.split("\"../_latchkey/").skip(1).map(|rest| rest.split('"').next().unwrap());
        let files = files.map(|file| (file, get(&lab, &format!("/_latchkey/{file}"), &[]))).collect::<Vec<_>>();
        assert_eq!(files.len(), 3, "an icon, a style sheet and a script: {page}");
        for (file, reply) in &files {
            assert_eq!(reply.status, 200, "{file}");
            let is_viewer = file.starts_with("pages/viewer/");
            assert_eq!(reply.header("cache-control").unwrap().contains("immutable"), is_viewer, "{file}");
        }
        assert!(files[2].1.text.contains("SwaggerUIBundle"));
    }
    let lab = lab.restart_with(&[("LATCHKEY_PAGES", "false")]);
    let page = get(&lab, "/_latchkey/openapi.html", &[]).text;
    assert!(page.contains("Log in with a password") && !page.contains("<script"), "{page}");
}

#[test]
fn the_document_spares_a_browser_without_a_session_two_requests() {
    let lab = Lab::start(&[]);
    let page = get(&lab, "/accounts/login/", &[]);
    let csrf = page.header("set-cookie").unwrap();
    assert!(csrf.starts_with("csrftoken="), "{csrf}");
    assert_eq!(boot(&page)["session"], lab.browser().get("auth/session").json);
    let known = get(&lab, "/accounts/login/", &[("cookie", "sessionid=of-somebody")]);
    assert_eq!(boot(&known)["session"], Value::Null, "the pages must request the session");
}

#[test]
fn a_path_without_its_trailing_slash_redirects_to_the_page() {
    let lab = Lab::start(&[("PUBLIC_URL", "https://example.com/people")]);
    let page = get(&lab, "/people/accounts/login?next=%2Fhome", &[]);
    assert_eq!((page.status, page.header("location")), (301, Some("/people/accounts/login/?next=%2Fhome")));
}

#[test]
fn the_pages_run_only_their_own_files() {
    let lab = Lab::start(&[]);
    let page = get(&lab, "/accounts/login/", &[]);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
    // The document contains no inline styles or scripts, and no scripts of other origins.
    for line in page.text.lines().filter(|line| line.contains("<script") && !line.contains("application/json")) {
        assert!(line.contains("src=\"/_latchkey/pages/"), "{line}");
    }
    assert!(!page.text.contains(" style=") && !page.text.contains("<style"), "{}", page.text);
}

#[test]
fn a_service_below_a_path_includes_it_in_every_url() {
    let lab = Lab::start(&[("PUBLIC_URL", "https://example.com/people")]);
    assert_eq!(get(&lab, "/people/", &[]).header("location"), Some("/people/accounts/"));
    let page = get(&lab, "/people/accounts/login/", &[]);
    assert!(page.text.contains("src=\"/people/_latchkey/pages/assets/"), "{}", page.text);
    assert!(!page.text.contains("\"/_latchkey/"), "{}", page.text);
}

#[test]
fn links_of_mails_include_the_path_of_the_service() {
    let lab = Lab::start(&[("PUBLIC_URL", "https://example.com/people"), ("HEADLESS_FRONTEND_URLS", "{}")]);
    let account = serde_json::json!({"email": "ada@example.com", "password": "correct-Horse-42-battery"});
    lab.app().post("auth/signup", account);
    let mails = lab.mails("ada@example.com");
    assert!(mails[0].text.contains("https://example.com/people/accounts/confirm-email/"), "{}", mails[0].text);
}

#[test]
fn with_these_settings_there_are_no_pages() {
    let urls = ("HEADLESS_FRONTEND_URLS", r#"{"account_confirm_email": "https://app.example/verify/{key}"}"#);
    for settings in [
        &[("LATCHKEY_PAGES", "false")][..],
        &[("HEADLESS_ONLY", "true"), urls],
        &[("HEADLESS_CLIENTS", r#"["app"]"#)],
        &[("CSRF_COOKIE_HTTPONLY", "true")],
    ] {
        let lab = Lab::start(settings);
        for path in ["/", "/accounts/login/", "/_latchkey/pages/brand.css"] {
            assert_eq!(get(&lab, path, &[]).status, 404, "{path}");
        }
    }
}

#[test]
fn with_an_api_at_the_root_the_account_page_is_at_accounts_profile() {
    for prefix in ["JWT_ALLAUTH_PREFIX", "HEADLESS_FLAT_PREFIX"] {
        let lab = Lab::start(&[(prefix, "/")]);
        let home = get(&lab, "/", &[]);
        assert_eq!((home.status, home.header("location")), (302, Some("/accounts/profile/")), "{prefix}");
        assert_eq!(get(&lab, "/accounts/profile/", &[]).status, 200);
    }
}
