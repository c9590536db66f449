//! The pages: plain HTML without other files, readable by every browser and screen reader.

use axum::http::header;
use shared::app::App;
use shared::http::PagePolicy;
use shared::http::{ApiRequest, ApiResponse};
use std::collections::BTreeSet;
use url::Url;

const STYLE: &str = ":root{color-scheme:light dark}\
    body{font:1.1em/1.5 sans-serif;max-width:32em;margin:3em auto;padding:0 1em}\
    label,input,button{display:block;font:inherit}input{width:100%;box-sizing:border-box;padding:.4em}\
    button{margin-top:1em;padding:.5em 1em}";

/// Returns a path of this API as browsers see it.
pub fn path(app: &App, path: &str) -> String {
    let base = app.settings.service.public_url.path().trim_end_matches('/');
    format!("{base}{}{path}", app.settings.jwt_api.prefix.as_str())
}

/// Returns the page to show after a verification link has worked.
pub fn verified_at(app: &App) -> String {
    let page = app.settings.jwt_api.email_verified_redirect.clone();
    page.unwrap_or_else(|| path(app, "/registration/verified/"))
}

/// Formats a page. `body` is HTML.
fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head>\
         <body><main><h1>{title}</h1>{body}</main></body></html>"
    )
}

/// Returns the Content-Security-Policy of a page without a form.
pub fn policy(app: &App) -> String {
    PagePolicy { style: STYLE, ..PagePolicy::default() }.header(&app.settings)
}

/// The page of a link that must not act when it is opened. Its button posts to the link.
pub fn ask(app: &App) -> ApiResponse {
    let settings = &app.settings.jwt_api;
    let pages = [&settings.email_verified_redirect, &settings.password_set_redirect, &settings.password_reset_redirect];
    let scheme = |page: &Option<String>| Some(format!("{}:", Url::parse(page.as_deref()?).ok()?.scheme()));
    // A page of the frontend can redirect to another host, so the policy allows the scheme instead of the origin.
    let leads_to = pages.into_iter().filter_map(scheme).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>();
    let body = "<p>You opened a link from a message. Press the button to continue.</p>\
                <form method=\"post\"><button>Continue</button></form>";
    let policy = PagePolicy { style: STYLE, has_form: true, leads_to: &leads_to, ..PagePolicy::default() };
    ApiResponse::html(200, page("One More Step", body))
        .with_header(header::CONTENT_SECURITY_POLICY, &policy.header(&app.settings))
}

/// The 404 page for all callers.
pub fn not_found() -> ApiResponse {
    ApiResponse::html(404, page("Not Found", "<p>There is no page at this address.</p>"))
}

/// The page for an invalid reset link or capability.
pub fn reset_link_expired() -> String {
    let text = "<p>This link does not work, perhaps because it was used before or is too old. \
                Please ask for another one.</p>";
    page("Reset Password", text)
}

/// The page that says that the password is set.
pub fn reset_complete() -> String {
    page("Password Reset Complete", "<p>Your new password is set. You can close this page and log in with it.</p>")
}

/// The page for an invalid invitation or capability.
pub fn invitation_expired() -> String {
    let text = "<p>This invitation does not work, perhaps because it was used before or is too old. \
                Please ask for another one.</p>";
    page("Set Password", text)
}

/// The page that says that the address is verified.
pub fn verified() -> String {
    page("Email Verified", "<p>Your email address is verified. You can close this page.</p>")
}

/// The page that says that a mail was sent.
pub fn verification_sent() -> String {
    page("Verify Your Email Address", "<p>We have sent you a mail. Please open the link in it.</p>")
}

/// The page for an invalid verification link.
pub fn verification_failed() -> String {
    let text = "<p>This link does not work, perhaps because it was used before or is too old.</p>";
    page("Verification Failed", text)
}

/// The page with the form for a new password. The form is sent to `to`. Then the browser goes to `done`. If `done` is
/// empty, the page says that it can be closed.
pub fn form(request: &ApiRequest, title: &str, heading: &str, to: &str, done: &str) -> ApiResponse {
    const SCRIPT: &str = "\
        const form=document.forms[0],say=document.getElementById('say');form.hidden=false;\
        form.addEventListener('submit',async event=>{event.preventDefault();say.textContent='';\
        const answer=await fetch(form.action,{method:'POST',credentials:'same-origin',headers:{\
        'Content-Type':'application/json','X-CSRFToken':form.dataset.csrf},body:JSON.stringify({\
        new_password1:form.first.value,new_password2:form.second.value})});\
        if(answer.ok){if(form.dataset.done){location.href=form.dataset.done}else{\
        form.hidden=true;say.textContent='Your password is set. You can close this page.'}}\
        else{const told=await answer.json();\
        say.textContent=Object.values(told).flat().join(' ')+' Please ask for another link.'}});";
    let (secret, cookie) = request.csrf();
    let body = format!(
        "<p>{heading}. You have one try, so type with care.</p>\
         <noscript><p>Please allow JavaScript for this page, then reload it.</p></noscript>\
         <form hidden method=\"post\" action=\"{to}\" data-csrf=\"{secret}\" data-done=\"{done}\">\
         <p><label for=\"first\">New password</label>\
         <input id=\"first\" name=\"first\" type=\"password\" autocomplete=\"new-password\" required></p>\
         <p><label for=\"second\">The same again</label>\
         <input id=\"second\" name=\"second\" type=\"password\" autocomplete=\"new-password\" required></p>\
         <button>Save</button></form><p id=\"say\" role=\"alert\"></p><script>{SCRIPT}</script>"
    );
    let policy = PagePolicy { style: STYLE, script: SCRIPT, has_form: true, ..PagePolicy::default() };
    let policy = policy.header(&request.app.settings);
    ApiResponse::html(200, page(title, &body)).with_header(header::CONTENT_SECURITY_POLICY, &policy).with_cookie(cookie)
}
