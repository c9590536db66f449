//! `template.yaml` and the routers say the same. The gateway passes on what it has a route for and nothing else, so an
//! endpoint without one would work everywhere but in the cloud.

use saphyr::{LoadableYamlNode, Yaml};
use serde_json::Value;
use shared::http::Endpoint;
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
    ]
}

/// All paths of these endpoints.
fn paths(endpoints: &[Endpoint]) -> BTreeSet<String> {
    let kinds = [ClientKind::Browser, ClientKind::App];
    let paths = endpoints.iter().flat_map(|endpoint| endpoint.paths(&kinds)).map(|(_, path)| path);
    // The gateway has its own word for the rest of a path.
    paths.map(|path| path.replace("{*path}", "{proxy+}")).collect()
}

/// The deployment.
struct Template(Yaml<'static>);

/// A route of the gateway.
#[derive(Debug)]
struct Route {
    /// The resource.
    name: String,
    /// `ANY /path`, say.
    key: String,
    /// The crate of the function behind it.
    function: String,
}

impl Template {
    fn read() -> Self {
        let mut documents = Yaml::load_from_str(include_str!("../../../template.yaml")).unwrap();
        assert_eq!(documents.len(), 1);
        Self(documents.remove(0))
    }

    /// What stands at these names, one within the other.
    fn at(&self, names: &[&str]) -> Option<&Yaml<'static>> {
        names.iter().try_fold(&self.0, |node, name| bare(node).as_mapping_get(name))
    }

    fn text(&self, names: &[&str]) -> &str {
        let node = self.at(names).unwrap_or_else(|| panic!("{} is missing", names.join(".")));
        bare(node).as_str().unwrap_or_else(|| panic!("{} is no text", names.join(".")))
    }

    /// Names of the resources of a type.
    fn of_type(&self, kind: &str) -> Vec<&str> {
        let resources = self.at(&["Resources"]).and_then(Yaml::as_mapping).unwrap();
        let names = resources.keys().map(|name| name.as_str().unwrap());
        names.filter(|name| self.text(&["Resources", name, "Type"]) == kind).collect()
    }

    fn property(&self, resource: &str, name: &str) -> &str {
        self.text(&["Resources", resource, "Properties", name])
    }

    fn routes(&self) -> Vec<Route> {
        let route = |name: &str| {
            assert_eq!(self.property(name, "ApiId"), "Api", "{name}");
            let key = self.property(name, "RouteKey").to_owned();
            Route { name: name.to_owned(), key, function: self.function_behind(name) }
        };
        self.of_type("AWS::ApiGatewayV2::Route").into_iter().map(route).collect()
    }

    /// From a route over its integration to the function, and to the crate that it is built from.
    fn function_behind(&self, route: &str) -> String {
        let target = self.property(route, "Target");
        let integration = target.strip_prefix("integrations/${").and_then(|rest| rest.strip_suffix('}'));
        let integration = integration.unwrap_or_else(|| panic!("{route} leads to {target}"));
        assert_eq!(self.property(integration, "ApiId"), "Api", "{integration}");
        assert_eq!(self.property(integration, "PayloadFormatVersion"), "2.0", "{integration}");
        let function = self.property(integration, "IntegrationUri").strip_suffix(".Arn").unwrap();
        let may_call = |permission: &&str| self.property(permission, "FunctionName") == function;
        let permissions = self.of_type("AWS::Lambda::Permission");
        assert!(permissions.iter().any(may_call), "the gateway may not call {function}");
        let name = self.property(function, "CodeUri").strip_prefix("functions/").unwrap().to_owned();
        let binary = self.text(&["Resources", function, "Metadata", "BuildProperties", "Binary"]);
        assert_eq!(binary, name, "{function} is built from another crate than its binary");
        name
    }
}

/// A node without CloudFormation's tag.
fn bare<'a>(node: &'a Yaml<'static>) -> &'a Yaml<'static> {
    node.get_tagged_node().unwrap_or(node)
}

/// The functions that the gateway could pass such a request to. The route of the very method goes first.
fn resolve<'a>(routes: &'a [Route], method: &str, path: &str) -> Vec<&'a str> {
    let with = |key: String| routes.iter().filter(move |route| route.key == key).map(|route| route.function.as_str());
    let exact = with(format!("{method} {path}")).collect::<Vec<_>>();
    if exact.is_empty() { with(format!("ANY {path}")).collect() } else { exact }
}

#[test]
fn every_endpoint_gets_every_method_through_the_gateway() {
    let routes = Template::read().routes();
    for (function, endpoints) in functions() {
        for path in paths(&endpoints) {
            // Methods that an endpoint does nothing for, too: it says so itself, in the API's words.
            for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
                assert_eq!(resolve(&routes, method, &path), [function], "{method} {path}");
            }
        }
    }
}

#[test]
fn the_gateway_has_no_route_that_no_function_serves() {
    let functions = functions();
    for route in Template::read().routes() {
        let path = route.key.split_once(' ').map_or(route.key.as_str(), |(_, path)| path);
        let served = functions.iter().filter(|(_, endpoints)| paths(endpoints).contains(path));
        let served = served.map(|(function, _)| *function).collect::<Vec<_>>();
        assert_eq!(served, [route.function.as_str()], "{}: {}", route.name, route.key);
    }
}

#[test]
fn no_function_is_left_out_of_these_tests() {
    let ours = functions().iter().flat_map(|(_, endpoints)| paths(endpoints)).collect::<BTreeSet<_>>();
    assert_eq!(ours, paths(&local::endpoints()));
}

#[test]
fn questions_about_other_origins_reach_the_functions() {
    // A gateway with a configuration of its own answers OPTIONS, and overrides the functions' headers.
    assert!(Template::read().at(&["Resources", "Api", "Properties", "CorsConfiguration"]).is_none());
}

#[test]
fn the_functions_are_given_settings_that_exist() {
    let template = Template::read();
    let variables = template.at(&["Globals", "Function", "Environment", "Variables"]).and_then(Yaml::as_mapping);
    let page = document();
    for name in variables.unwrap().keys().filter_map(Yaml::as_str) {
        assert!(page.contains(&format!("`{name}`")), "{name} is no setting");
    }
}

/// The paths of the description, and their methods.
fn described(settings: &Settings) -> BTreeSet<(String, BTreeSet<String>)> {
    let document = config::describe(settings).unwrap();
    let paths = document["paths"].as_object().unwrap().clone();
    let path = |(path, item): (String, Value)| {
        let methods = item.as_object().unwrap().keys().filter(|name| *name != "parameters");
        (path, methods.map(|name| name.to_uppercase()).collect())
    };
    paths.into_iter().map(path).collect()
}

/// What the endpoints say of themselves, in the same form.
fn served(settings: &Settings) -> BTreeSet<(String, BTreeSet<String>)> {
    let clients = &settings.headless.clients;
    let both = |endpoint: &Endpoint| clients.len() == 2 && endpoint.paths(clients).len() == 2;
    let mut all = BTreeSet::new();
    for endpoint in local::endpoints().into_iter().filter(|endpoint| endpoint.is_served(settings)) {
        // The second spelling of recovery codes is for clients of old, and pages are not part of the API.
        if endpoint.path.starts_with('/') || endpoint.path.ends_with("recovery_codes") {
            continue;
        }
        let methods = endpoint.methods.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
        // Apps are answered by it, but cannot follow where it leads.
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
fn the_description_has_what_is_served_and_nothing_else() {
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
