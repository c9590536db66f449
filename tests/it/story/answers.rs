//! Whole answers, one of each kind and API. The other stories look at the members that matter to them; here a member that
//! appears, disappears or changes its type is seen.
//!
//! `INSTA_UPDATE=new cargo test` and `cargo insta review` take over what has changed on purpose.

use crate::lab::{Lab, PASSWORD, Reply, call};
use insta::assert_snapshot;
use serde_json::{Value, json};

const ADA: &str = "ada@example.com";

/// The status and the body of an answer. Members that are of another value each time are named by `changing`, and only
/// their type is shown.
fn shown(reply: &Reply, changing: &[&str]) -> String {
    let mut body = reply.json.clone();
    for pointer in changing {
        let member = body.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer} in {}", reply.text));
        let kind = match member {
            Value::String(_) => "[text]",
            Value::Number(_) => "[number]",
            other => panic!("{pointer} is {other}"),
        };
        *member = kind.into();
    }
    format!("{}\n{body:#}", reply.status)
}

fn flat(lab: &Lab, path: &str, body: Value) -> Reply {
    call(&lab.url, "POST", &format!("/auth{path}"), &[("content-type", "application/json")], Some(body.to_string()))
}

#[test]
fn a_login_that_waits_for_the_address() {
    let reply = Lab::start(&[]).app().post("auth/signup", json!({"email": ADA, "password": PASSWORD}));
    assert_snapshot!(shown(&reply, &["/meta/session_token"]), @r#"
    401
    {
      "data": {
        "flows": [
          {
            "id": "login"
          },
          {
            "id": "signup"
          },
          {
            "id": "verify_email",
            "is_pending": true
          }
        ]
      },
      "meta": {
        "is_authenticated": false,
        "session_token": "[text]"
      },
      "status": 401
    }
    "#);
}

#[test]
fn a_body_with_mistakes() {
    let reply = Lab::start(&[]).app().post("auth/signup", json!({"email": "ada", "password": "short"}));
    assert_snapshot!(shown(&reply, &[]), @r#"
    400
    {
      "errors": [
        {
          "code": "invalid",
          "message": "Enter a valid email address.",
          "param": "email"
        },
        {
          "code": "password_too_short",
          "message": "This password is too short. It must contain at least 8 characters.",
          "param": "password"
        }
      ],
      "status": 400
    }
    "#);
}

#[test]
fn a_session() {
    let lab = Lab::start(&[]);
    let mut client = lab.app();
    lab.user(&mut client, ADA);
    let changing = ["/data/user/id", "/data/methods/0/at"];
    assert_snapshot!(shown(&client.get("auth/session"), &changing), @r#"
    200
    {
      "data": {
        "methods": [
          {
            "at": "[number]",
            "email": "ada@example.com",
            "method": "password"
          }
        ],
        "user": {
          "display": "ada@example.com",
          "email": "ada@example.com",
          "has_usable_password": true,
          "id": "[text]"
        }
      },
      "meta": {
        "is_authenticated": true
      },
      "status": 200
    }
    "#);
}

#[test]
fn no_session() {
    assert_snapshot!(shown(&Lab::start(&[]).app().get("auth/session"), &[]), @r#"
    401
    {
      "data": {
        "flows": [
          {
            "id": "login"
          },
          {
            "id": "signup"
          }
        ]
      },
      "meta": {
        "is_authenticated": false
      },
      "status": 401
    }
    "#);
}

#[test]
fn the_configuration() {
    assert_snapshot!(shown(&Lab::start(&[]).app().get("config"), &[]), @r#"
    200
    {
      "data": {
        "account": {
          "authentication_method": "email",
          "email_verification_by_code_enabled": false,
          "is_open_for_signup": true,
          "login_by_code_enabled": false,
          "login_methods": [
            "email"
          ],
          "password_reset_by_code_enabled": false
        },
        "mfa": {
          "passkey_login_enabled": false,
          "supported_types": [
            "recovery_codes",
            "totp"
          ]
        },
        "socialaccount": {
          "providers": []
        },
        "usersessions": {
          "track_activity": false
        }
      },
      "status": 200
    }
    "#);
}

#[test]
fn a_login_of_the_jwt_api() {
    let lab = Lab::start(&[("EMAIL_VERIFICATION", "none"), ("JWT_ALLAUTH_REFRESH_TOKEN_AS_COOKIE", "false")]);
    let mut client = lab.bearer();
    client.register(ADA);
    assert_snapshot!(shown(&client.login(ADA, PASSWORD), &["/access", "/refresh"]), @r#"
    200
    {
      "access": "[text]",
      "refresh": "[text]"
    }
    "#);
}

#[test]
fn a_refresh_token_that_is_none() {
    let lab = Lab::start(&[("JWT_ALLAUTH_REFRESH_TOKEN_AS_COOKIE", "false")]);
    assert_snapshot!(shown(&lab.bearer().post("refresh/", json!({"refresh": "a.b.c"})), &[]), @r#"
    401
    {
      "code": "token_not_valid",
      "detail": "Token is invalid"
    }
    "#);
}

#[test]
fn a_registration_with_mistakes() {
    let reply = Lab::start(&[]).bearer().post("registration/", json!({"email": "ada", "password1": PASSWORD}));
    assert_snapshot!(shown(&reply, &[]), @r#"
    400
    {
      "email": [
        "Enter a valid email address."
      ],
      "first_name": [
        "This field is required."
      ],
      "last_name": [
        "This field is required."
      ],
      "password2": [
        "This field is required."
      ]
    }
    "#);
}

#[test]
fn a_login_of_the_flat_api() {
    let lab = Lab::start(&[]);
    lab.user(&mut lab.app(), ADA);
    let reply = flat(&lab, "/login/", json!({"email": ADA, "password": PASSWORD}));
    assert_snapshot!(shown(&reply, &["/access_token", "/refresh_token", "/user/id"]), @r#"
    200
    {
      "access_token": "[text]",
      "expires_in": 3600,
      "refresh_token": "[text]",
      "token_type": "Bearer",
      "user": {
        "display": "ada@example.com",
        "email": "ada@example.com",
        "has_usable_password": true,
        "id": "[text]"
      }
    }
    "#);
}

#[test]
fn a_login_of_the_flat_api_with_another_password() {
    let lab = Lab::start(&[]);
    assert_snapshot!(shown(&flat(&lab, "/login/", json!({"email": ADA, "password": "wrong"})), &[]), @r#"
    400
    {
      "error_codes": {
        "password": [
          "email_password_mismatch"
        ]
      },
      "errors": {
        "password": [
          "The email address and/or password you specified are not correct."
        ]
      }
    }
    "#);
}
