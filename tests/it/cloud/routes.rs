//! Tests that the gateway of `template.yaml` and the routers of the functions agree. An endpoint without a route would
//! work everywhere except in the cloud.

use super::template::{Template, check_key, resolve};
use saphyr::Yaml;
use serde_json::Value;
use shared::http::{Base, Endpoint, Place};
use shared::metrics::Metric;
use shared::settings::{ClientKind, Settings, Source, document};
use std::collections::BTreeSet;

/// The functions behind the gateway, by the names of their crates.
fn functions() -> Vec<(&'static str, Vec<Endpoint>)> {
    vec![
        ("config", config::endpoints()),
        ("auth", auth::endpoints()),
        ("account", account::endpoints()),
        ("mfa", mfa::endpoints()),
        ("provider", provider::endpoints()),
        ("jwt", jwt::endpoints()),
        ("flat", flat::endpoints()),
        ("pages", pages::endpoints()),
    ]
}

/// Prefixes at which the APIs can be deployed, and deployments without the pages.
const PLACES: [&[(&str, &str)]; 6] = [
    &[],
    &[("Pages", "false")],
    &[("JwtPrefix", "/api/jwt"), ("FlatPrefix", "/api/flat")],
    &[("JwtPrefix", "/")],
    &[("FlatPrefix", "/")],
    &[("JwtPrefix", "/auth"), ("FlatPrefix", "")],
];

/// Returns the settings of the deployed functions that decide the paths of endpoints.
fn settings(template: &Template) -> Settings {
    let names = ["JWT_ALLAUTH_PREFIX", "HEADLESS_FLAT_PREFIX", "LATCHKEY_PAGES"];
    let key = ("SECRET_KEY".to_owned(), "0123456789abcdef0123456789abcdef".to_owned());
    let given = template.variables().into_iter().filter(|(name, _)| names.contains(&name.as_str()));
    Settings::load(&Source::new(given.chain([key]))).unwrap()
}

/// Returns a request path for each endpoint, and the function that serves it.
fn requests(settings: &Settings) -> Vec<(String, &'static str)> {
    let is_on = |function| match function {
        "jwt" => settings.jwt_api.is_on(),
        "flat" => settings.flat.is_on(),
        "pages" => settings.serves_pages(),
        _ => true,
    };
    let mut requests = Vec::new();
    for (function, endpoints) in functions().into_iter().filter(|(function, _)| is_on(*function)) {
        let paths = endpoints.iter().flat_map(|endpoint| endpoint.paths_with(settings));
        // An API at the root takes these paths from the pages. The page of the account is then at /accounts/profile/
        // only.
        let is_taken = |path: &str| settings.has_api_at_root() && matches!(path, "/accounts" | "/accounts/");
        let paths = paths.filter(|(_, path)| function != "pages" || !is_taken(path));
        requests.extend(paths.map(|(_, path)| (sent(&path), function)));
    }
    requests
}

/// Returns a path with values in place of its variables.
fn sent(path: &str) -> String {
    let value = |segment: &str| match segment {
        rest if rest.starts_with("{*") => "some/where/".to_owned(),
        variable if variable.starts_with('{') => "value".to_owned(),
        literal => literal.to_owned(),
    };
    path.split('/').map(value).collect::<Vec<_>>().join("/")
}

#[test]
fn the_gateway_passes_every_method_to_every_endpoint() {
    for place in PLACES {
        let template = Template::with(place);
        let routes = template.routes();
        for (path, function) in requests(&settings(&template)) {
            // Methods that the endpoint does not support must reach it too, because it answers them in the format of
            // its API.
            for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
                let found = resolve(&routes, method, &path).map(|route| route.function.as_str());
                assert_eq!(found, Some(function), "{method} {path}, {place:?}");
            }
        }
    }
}

#[test]
fn the_gateway_has_no_route_that_no_endpoint_needs() {
    for place in PLACES {
        let template = Template::with(place);
        let routes = template.routes();
        let requests = requests(&settings(&template));
        let needed = requests.iter().filter_map(|(path, _)| resolve(&routes, "GET", path));
        let needed = needed.map(|route| route.name.as_str()).collect::<BTreeSet<_>>();
        let all = routes.iter().map(|route| route.name.as_str()).collect::<BTreeSet<_>>();
        assert_eq!(needed, all, "{place:?}");
        assert!(all.len() <= 27, "{}", all.len());
    }
}

#[test]
fn every_route_key_is_valid_and_unique() {
    for place in PLACES {
        let routes = Template::with(place).routes();
        for route in &routes {
            assert_eq!(check_key(&route.key), Ok(()), "{}", route.name);
        }
        let keys = routes.iter().map(|route| &route.key).collect::<BTreeSet<_>>();
        assert_eq!(keys.len(), routes.len(), "{place:?}");
    }
}

#[test]
fn an_api_without_a_prefix_has_no_route() {
    let template = Template::with(&[("JwtPrefix", ""), ("FlatPrefix", ""), ("Pages", "false")]);
    let routes = template.routes();
    assert!(routes.iter().all(|route| !["jwt", "flat"].contains(&route.function.as_str())), "{routes:?}");
    for path in ["/auth/login/", "/jwt-allauth/login/", "/registration/set-password/default/", "/login/"] {
        assert!(resolve(&routes, "POST", path).is_none(), "{path}");
    }
    let settings = settings(&template);
    assert!(!settings.jwt_api.is_on() && !settings.flat.is_on());
}

#[test]
fn these_tests_include_every_function() {
    let kinds = [ClientKind::Browser, ClientKind::App];
    let paths = |endpoints: &[Endpoint]| {
        let paths = endpoints.iter().flat_map(|endpoint| endpoint.paths(&kinds)).map(|(_, path)| path);
        paths.collect::<BTreeSet<_>>()
    };
    let ours = functions().iter().flat_map(|(_, endpoints)| paths(endpoints)).collect::<BTreeSet<_>>();
    assert_eq!(ours, paths(&local::endpoints()));
}

#[test]
fn cors_preflight_requests_reach_the_functions() {
    // A gateway with its own CORS configuration answers OPTIONS requests itself and overrides the functions' headers.
    assert!(Template::with(&[]).at(&["Resources", "Api", "Properties", "CorsConfiguration"]).is_none());
}

#[test]
fn every_variable_of_the_functions_is_an_existing_setting() {
    let page = document();
    for name in Template::with(&[]).names(&["Globals", "Function", "Environment", "Variables"]) {
        assert!(page.contains(&format!("`{name}`")), "{name} is not a setting");
    }
}

#[test]
fn parameters_that_are_not_given_do_not_override_the_settings_file() {
    let needed = [
        "DEFAULT_FROM_EMAIL",
        "HEADLESS_FLAT_PREFIX",
        "JWT_ALLAUTH_PREFIX",
        "LATCHKEY_PAGES",
        "LATCHKEY_SES_CONFIGURATION_SET",
        "LATCHKEY_TABLE",
        "PUBLIC_URL",
        "SECRET_KEY",
    ];
    assert_eq!(Template::with(&[]).variables().into_keys().collect::<Vec<_>>(), needed);
    let given = [("WebauthnRpId", "example.com"), ("FrontendUrls", r#"{"account_signup": "/join"}"#)];
    let variables = Template::with(&given).variables();
    assert_eq!(variables["MFA_WEBAUTHN_RP_ID"], "example.com");
    assert_eq!(variables["HEADLESS_FRONTEND_URLS"], given[1].1);
}

#[test]
fn a_secret_key_is_generated_unless_one_is_given() {
    let template = Template::with(&[]);
    assert_eq!(template.of_type("AWS::SecretsManager::Secret"), ["GeneratedSecretKey"]);
    let generated = "{{resolve:secretsmanager:${GeneratedSecretKey}:SecretString}}";
    assert_eq!(template.variables()["SECRET_KEY"], generated);
    let own = "0123456789abcdef0123456789abcdef";
    let template = Template::with(&[("SecretKey", own)]);
    assert!(template.of_type("AWS::SecretsManager::Secret").is_empty());
    assert_eq!(template.variables()["SECRET_KEY"], own);
}

#[test]
fn parameters_that_hold_secrets_are_not_shown() {
    let template = Template::with(&[]);
    for name in ["SecretKey", "SecretKeyFallbacks", "JwtSecretKey", "Settings"] {
        let shown = template.at(&["Parameters", name, "NoEcho"]).and_then(Yaml::as_bool);
        assert_eq!(shown, Some(true), "{name}");
        // `sam deploy --guided` rejects an empty answer for these parameters.
        assert_ne!(template.text(&["Parameters", name, "Default"]), "", "{name}");
    }
}

#[test]
fn two_stacks_have_two_tables() {
    assert_eq!(Template::with(&[]).variables()["LATCHKEY_TABLE"], "the-stack");
    assert_eq!(Template::with(&[("TableName", "restored")]).variables()["LATCHKEY_TABLE"], "restored");
}

#[test]
fn the_stream_contains_only_keys() {
    let stream = ["Resources", "Table", "Properties", "StreamSpecification", "StreamViewType"];
    assert_eq!(Template::with(&[]).text(&stream), "KEYS_ONLY");
}

#[test]
fn every_function_is_in_the_alarms() {
    let alarms = include_str!("../../../infra/observability.yaml");
    let template = Template::with(&[]);
    let functions = template.of_type("AWS::Serverless::Function");
    assert_eq!(functions.len(), 12);
    for function in functions {
        let name = template.text(&["Resources", &function, "Properties", "FunctionName"]);
        let name = name.strip_prefix("the-stack").unwrap();
        let watched = format!("Value: !Sub \"${{Service}}{name}\" }}]");
        assert_eq!(alarms.matches(&watched).count(), 2, "errors and throttles of {function}");
    }
    let metrics = alarms.split("AlarmName:").skip(1).map(|alarm| alarm.matches("ReturnData: false").count());
    assert!(metrics.max() <= Some(10), "CloudWatch allows ten metrics in an alarm");
}

#[test]
fn the_alarms_describe_every_metric_and_watch_no_other() {
    let alarms = include_str!("../../../infra/observability.yaml");
    let (described, resources) = alarms.split_once("\nParameters:").unwrap();
    for metric in Metric::NAMES {
        assert!(described.contains(metric), "{metric}");
    }
    let watched = resources.split("Namespace: Latchkey\n").skip(1).map(|alarm| {
        let name = alarm.lines().next().unwrap().trim();
        name.strip_prefix("MetricName: ").unwrap_or_else(|| panic!("{name}"))
    });
    let watched = watched.collect::<Vec<_>>();
    assert!(watched.len() >= 4, "{watched:?}");
    for name in watched {
        assert!(Metric::NAMES.contains(&name), "{name}");
    }
}

/// Returns the paths of the API description, with their methods.
fn described(settings: &Settings) -> BTreeSet<(String, BTreeSet<String>)> {
    let document = config::describe(settings, config::Scope::Headless).unwrap();
    let paths = document["paths"].as_object().unwrap().clone();
    let path = |(path, item): (String, Value)| {
        let methods = item.as_object().unwrap().keys().filter(|name| *name != "parameters");
        (path, methods.map(|name| name.to_uppercase()).collect())
    };
    paths.into_iter().map(path).collect()
}

/// Returns the paths and methods that the endpoints declare, in the same form.
fn served(settings: &Settings) -> BTreeSet<(String, BTreeSet<String>)> {
    let clients = &settings.headless.clients;
    let both = |endpoint: &Endpoint| clients.len() == 2 && endpoint.paths(clients).len() == 2;
    let mut all = BTreeSet::new();
    for endpoint in local::endpoints().into_iter().filter(|endpoint| endpoint.is_served(settings)) {
        // The second spelling of the recovery codes' path exists for old clients. Only the headless API is compared.
        let is_of_api = matches!(endpoint.place(), Place::Clients(Base::Headless, _));
        if !is_of_api || endpoint.path.ends_with("recovery_codes") {
            continue;
        }
        let methods = endpoint.methods.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
        // The service answers apps here, but apps cannot follow the redirect, so the description has only the browser's
        // path.
        if endpoint.path == "auth/provider/redirect" {
            if clients.contains(&ClientKind::Browser) {
                all.insert((format!("/_allauth/browser/v1/{}", endpoint.path), methods));
            }
        } else if both(&endpoint) {
            all.insert((format!("/_allauth/{{client}}/v1/{}", endpoint.path), methods));
        } else {
            all.extend(endpoint.paths(clients).into_iter().map(|(_, path)| (path, methods.clone())));
        }
    }
    all
}

#[test]
fn the_description_lists_exactly_the_served_endpoints() {
    let keys = r#"["totp", "webauthn", "recovery_codes"]"#;
    let code = ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true");
    let variants: [&[(&str, &str)]; 9] = [
        &[],
        &[("HEADLESS_CLIENTS", r#"["app"]"#)],
        &[("HEADLESS_CLIENTS", r#"["browser"]"#), ("MFA_TRUST_ENABLED", "true")],
        &[("MFA_SUPPORTED_TYPES", keys), ("MFA_PASSKEY_LOGIN_ENABLED", "true")],
        &[("MFA_SUPPORTED_TYPES", keys), ("MFA_PASSKEY_SIGNUP_ENABLED", "true"), code],
        &[("MFA_ENABLED", "false"), ("USERSESSIONS_ENABLED", "false")],
        &[("SOCIALACCOUNT_ENABLED", "false"), ("ACCOUNT_LOGIN_BY_CODE_ENABLED", "true")],
        &[("SOCIALACCOUNT_ONLY", "true")],
        &[("MFA_TRUST_ENABLED", "true"), ("HEADLESS_TOKEN_STRATEGY", "jwt")],
    ];
    for variant in variants {
        let base = [("SECRET_KEY", "0123456789abcdef0123456789abcdef")];
        let all = base.iter().chain(variant).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let settings = Settings::load(&Source::new(all)).unwrap();
        assert_eq!(described(&settings), served(&settings), "{variant:?}");
    }
}
