//! Tests of `SOCIALACCOUNT_ONLY`: users can log in only through an identity provider.

use super::identity_provider::{CLIENT, IdentityProvider};
use crate::lab::{Lab, PASSWORD, call};
use serde_json::json;

const ADA: &str = "ada@example.com";

#[test]
fn there_is_no_login_by_password_code_reset_or_signup() {
    let op = IdentityProvider::start();
    let providers = op.settings(&json!({}));
    let account = json!([{"email": ADA, "password": PASSWORD, "verified": true}]);
    let lab = Lab::with_accounts(
        &account,
        &[
            ("SOCIALACCOUNT_PROVIDERS", &providers),
            ("SOCIALACCOUNT_ONLY", "true"),
            ("MFA_SUPPORTED_TYPES", r#"["totp", "recovery_codes", "webauthn"]"#),
            ("ACCOUNT_RATE_LIMITS", "false"),
        ],
    );
    let everything = json!({
        "email": ADA, "password": PASSWORD, "code": "123456", "key": "key", "phone": "+31612345678",
        "current_password": PASSWORD, "new_password": PASSWORD, "credential": {"id": "x"}, "token": "x",
    });
    let person = json!({"sub": "ada", "email": "ada@example.org", "email_verified": true});
    let token = json!({"client_id": CLIENT, "id_token": op.id_token(&person)});
    for mut client in [lab.app(), lab.browser()] {
        for path in [
            "auth/login",
            "auth/signup",
            "auth/code/request",
            "auth/code/resend",
            "auth/email/verify",
            "auth/email/verify/resend",
            "auth/password/request",
            "auth/password/reset",
            "auth/phone/verify",
            "auth/phone/verify/resend",
            "auth/webauthn/login",
            "auth/webauthn/signup",
            "account/password/change",
            "account/email",
            "account/phone",
        ] {
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
                let reply = client.send(method, path, Some(everything.to_string()), &[]);
                assert_eq!(reply.status, 404, "{method} {path}");
            }
        }
        // As in the reference, this endpoint exists for the code that `ACCOUNT_LOGIN_BY_CODE_REQUIRED` demands after
        // the provider.
        assert_eq!(client.post("auth/code/confirm", everything.clone()).status, 409);
        assert_eq!(client.post("auth/reauthenticate", everything.clone()).status, 401);
        let session = client.get("auth/session");
        let flows = session.json["data"]["flows"].as_array().unwrap();
        assert!(flows.iter().all(|flow| flow["id"].as_str().unwrap().starts_with("provider_")), "{}", session.text);
        let body = json!({"provider": "op", "process": "login", "token": token});
        assert_eq!(client.post("auth/provider/token", body).status, 200);
    }
    let headers = [("content-type", "application/json")];
    let flat = |path: &str, body: &serde_json::Value| {
        call(&lab.url, "POST", &format!("/auth{path}"), &headers, Some(body.to_string())).status
    };
    let closed = ["/login/", "/signup/", "/email/verify/", "/password/reset/", "/password/reset/confirm/"];
    for path in closed.into_iter().chain(["/password/change/"]) {
        assert_eq!(flat(path, &everything), 404, "{path}");
    }
    assert_eq!(flat("/mfa/authenticate/", &everything), 401);
    assert_eq!(flat("/providers/op/token/", &json!({"id_token": op.id_token(&person)})), 200);
    assert!(lab.all_mails().is_empty());
}
