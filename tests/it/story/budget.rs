//! Tests of how many table requests an operation makes, and in how many sequential round trips.

use crate::lab::{Allocations, Client, Lab, PASSWORD};
use serde_json::json;

const OFF: (&str, &str) = ("ACCOUNT_RATE_LIMITS", "false");

/// Maximum number of allocations of `GET auth/session`, from the socket to the table and back.
const MOST_ALLOCATIONS: u64 = 570;

/// The number of sequential round trips, and the number of requests.
type Cost = (usize, usize);

fn cost(lab: &Lab, work: impl FnOnce()) -> Cost {
    let trips = lab.trips(work);
    (trips.len(), trips.iter().map(Vec::len).sum())
}

fn login(client: &mut Client, email: &str, password: &str) -> u16 {
    client.post("auth/login", json!({"email": email, "password": password})).status
}

/// Starts a service and signs up a user with a verified address.
fn with_user(settings: &[(&str, &str)]) -> (Lab, Client) {
    let lab = Lab::start(settings);
    let mut client = lab.app();
    lab.user(&mut client, "ada@example.com");
    (lab, client)
}

#[test]
fn config_and_an_anonymous_session_never_touch_the_table() {
    let lab = Lab::start(&[]);
    assert_eq!(cost(&lab, || assert_eq!(lab.app().get("config").status, 200)), (0, 0));
    assert_eq!(cost(&lab, || assert_eq!(lab.browser().get("config").status, 200)), (0, 0));
    assert_eq!(cost(&lab, || assert_eq!(lab.app().get("auth/session").status, 401)), (0, 0));
    let mut forged = lab.app();
    forged.token = Some("no token of ours".to_owned());
    assert_eq!(cost(&lab, || assert_eq!(forged.get("config").status, 410)), (0, 0));
}

#[test]
fn an_authenticated_read_is_one_request() {
    let (lab, mut client) = with_user(&[]);
    assert_eq!(lab.trips(|| assert_eq!(client.get("auth/session").status, 200)), [["BatchGetItem"]]);
}

/// Reading the session is the most frequent request. The number of allocations follows its CPU time, and is stable on a
/// busy machine and without the optimizer.
#[test]
fn an_authenticated_read_stays_below_a_number_of_allocations() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (_lab, mut client) = with_user(&[("ALLOCATIONS_PORT", &port.to_string())]);
    let spent = Allocations(port).of(|| assert_eq!(client.get("auth/session").status, 200));
    assert!((100..MOST_ALLOCATIONS).contains(&spent), "{spent}");
}

#[test]
fn a_challenge_for_a_passkey_login_is_two_requests_with_limits_and_one_without() {
    let passkeys = [("MFA_SUPPORTED_TYPES", r#"["webauthn"]"#), ("MFA_PASSKEY_LOGIN_ENABLED", "true")];
    for (limits, expected) in [(vec![], (2, 2)), (vec![("MFA_RATE_LIMITS", "false")], (1, 1))] {
        let lab = Lab::start(&[&passkeys[..], &limits].concat());
        let spent = cost(&lab, || assert_eq!(lab.app().get("auth/webauthn/login").status, 200));
        assert_eq!(spent, expected, "{limits:?}");
    }
}

#[test]
fn a_pending_answer_is_one_request() {
    let lab = Lab::start(&[]);
    let mut client = lab.app();
    client.post("auth/signup", json!({"email": "ada@example.com", "password": PASSWORD}));
    assert_eq!(lab.trips(|| assert_eq!(client.get("auth/session").status, 401)), [["GetItem"]]);
}

#[test]
fn a_login_is_three_trips_and_eight_requests_with_limits_and_four_without() {
    let (lab, _) = with_user(&[]);
    let reading = |lab: &Lab| cost(lab, || assert_eq!(login(&mut lab.app(), "ada@example.com", PASSWORD), 200));
    assert_eq!(reading(&lab), (3, 8));
    let (lab, _) = with_user(&[OFF]);
    assert_eq!(reading(&lab), (3, 4));
}

/// The time of a login must not reveal whether an account exists (ASVS 5.0 6.3.8). All refused logins make the same
/// number of requests.
#[test]
fn a_refused_login_is_two_trips_and_four_requests_whatever_the_reason() {
    let accounts = json!([
        {"email": "ada@example.com", "password": PASSWORD, "verified": true},
        {"email": "unverified@example.com", "password": PASSWORD},
        {"email": "disabled@example.com", "password": PASSWORD, "verified": true, "is_active": false},
    ]);
    for (limits, expected) in [(vec![], (2, 4)), (vec![OFF], (2, 2))] {
        let lab = Lab::with_accounts(&accounts, &limits);
        for name in ["ada", "unverified", "disabled", "nobody"] {
            let email = format!("{name}@example.com");
            let spent = cost(&lab, || assert_eq!(login(&mut lab.app(), &email, "wrong"), 400));
            assert_eq!(spent, expected, "{name}");
        }
    }
}

#[test]
fn a_login_beyond_the_limit_of_a_client_is_one_trip_and_two_requests() {
    let (lab, _) = with_user(&[("ACCOUNT_RATE_LIMITS", r#"{"login": "1/m/ip"}"#)]);
    let attempt = || cost(&lab, || assert_eq!(login(&mut lab.app(), "ada@example.com", PASSWORD), 429));
    assert_eq!(attempt(), (1, 2), "one reservation for the client and one read of the address");
}

/// The login keeps its place in the client's limit, although no password was compared.
#[test]
fn a_login_beyond_the_limit_of_an_account_is_two_trips_and_four_requests() {
    let (lab, _) = with_user(&[]);
    for _ in 0..5 {
        assert_eq!(login(&mut lab.app(), "ada@example.com", "wrong"), 400);
    }
    let attempt = || cost(&lab, || assert_eq!(login(&mut lab.app(), "ada@example.com", PASSWORD), 400));
    assert_eq!(attempt(), (2, 4));
}

#[test]
fn a_signup_is_two_trips_and_four_requests_with_limits_and_two_without() {
    let signup = |lab: &Lab, email: &str| {
        cost(lab, || {
            assert_eq!(lab.app().post("auth/signup", json!({"email": email, "password": PASSWORD})).status, 401);
        })
    };
    let lab = Lab::start(&[]);
    assert_eq!(signup(&lab, "ada@example.com"), (2, 4));
    let lab = Lab::start(&[OFF]);
    assert_eq!(signup(&lab, "ada@example.com"), (2, 2));
    assert_eq!(signup(&lab, "ada@example.com"), (2, 2), "an address that has an account costs the same");
}

#[test]
fn a_logout_is_one_request_after_the_read() {
    let (lab, mut client) = with_user(&[]);
    let trips = lab.trips(|| assert_eq!(client.delete("auth/session").status, 401));
    assert_eq!(trips, [["BatchGetItem"], ["DeleteItem"]]);
}

/// ASVS 5.0 6.3.8: a registration costs the same for a free address and for one that has an account.
#[test]
fn a_registration_in_the_jwt_api_is_four_trips_and_five_requests_with_limits_and_three_without() {
    let accounts = json!([{"email": "ada@example.com", "password": PASSWORD, "verified": true}]);
    for (limits, expected) in [(vec![], (4, 5)), (vec![OFF], (3, 3))] {
        let lab = Lab::with_accounts(&accounts, &limits);
        for email in ["ada@example.com", "new@example.com"] {
            let spent = cost(&lab, || assert_eq!(lab.bearer().register(email).status, 201));
            assert_eq!(spent, expected, "{email}");
        }
    }
}

/// Changes read session and user in one request, and write under the version that they have read.
#[test]
fn changes_through_the_jwt_api_are_two_trips_and_two_requests() {
    let (lab, _) = with_user(&[OFF, ("JWT_ALLAUTH_MFA_TOTP_MODE", "optional")]);
    let mut client = lab.bearer();
    assert_eq!(client.login("ada@example.com", PASSWORD).status, 200);
    let rename = json!({"first_name": "Ada"}).to_string();
    assert_eq!(cost(&lab, || assert_eq!(client.send("PATCH", "user/", Some(rename)).status, 200)), (2, 2));
    assert_eq!(cost(&lab, || assert_eq!(client.post("mfa/setup/", json!({})).status, 200)), (2, 2));
    assert_eq!(cost(&lab, || assert_eq!(client.post("logout-all/", json!({})).status, 200)), (2, 2));
}
