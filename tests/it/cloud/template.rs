//! `template.yaml` as CloudFormation reads it, and the routes of its gateway.

use saphyr::{LoadableYamlNode, Yaml};
use std::collections::BTreeMap;

/// The deployment with the values of its parameters.
pub struct Template {
    document: Yaml<'static>,
    parameters: BTreeMap<String, String>,
}

/// A route of the gateway.
#[derive(Debug, Clone)]
pub struct Route {
    /// The resource.
    pub name: String,
    /// `ANY /path`, say.
    pub key: String,
    /// The crate of the function behind it.
    pub function: String,
}

impl Template {
    /// Reads the template. Parameters that are not given have their defaults.
    pub fn with(given: &[(&str, &str)]) -> Self {
        let mut documents = Yaml::load_from_str(include_str!("../../../template.yaml")).unwrap();
        assert_eq!(documents.len(), 1);
        let mut template = Self { document: documents.remove(0), parameters: BTreeMap::new() };
        for name in template.names(&["Parameters"]) {
            let default = template.at(&["Parameters", &name, "Default"]);
            let number = || default.and_then(Yaml::as_integer).map(|number| number.to_string());
            let text = default.and_then(Yaml::as_str).map(str::to_owned).or_else(number);
            template.parameters.insert(name, text.unwrap_or_else(|| "not given".to_owned()));
        }
        for (name, value) in [("AWS::StackName", "the-stack"), ("AWS::Partition", "aws"), ("AWS::Region", "eu-west-1")]
        {
            template.parameters.insert(name.to_owned(), value.to_owned());
        }
        for (name, value) in given {
            let known = template.parameters.insert((*name).to_owned(), (*value).to_owned());
            assert!(known.is_some(), "the template has no parameter {name}");
        }
        template
    }

    /// The node at these names, one within the other.
    pub fn at(&self, names: &[&str]) -> Option<&Yaml<'static>> {
        names.iter().try_fold(&self.document, |node, name| bare(node).as_mapping_get(name))
    }

    /// The names in the mapping at these names.
    pub fn names(&self, names: &[&str]) -> Vec<String> {
        let mapping = self.at(names).and_then(Yaml::as_mapping).unwrap();
        mapping.keys().map(|name| name.as_str().unwrap().to_owned()).collect()
    }

    /// The text at these names, once functions and parameters are resolved.
    pub fn text(&self, names: &[&str]) -> String {
        let node = self.at(names).unwrap_or_else(|| panic!("{} is missing", names.join(".")));
        self.value(node).unwrap_or_else(|| panic!("{} has no value", names.join(".")))
    }

    /// Names of the resources of a type that are created.
    pub fn of_type(&self, kind: &str) -> Vec<String> {
        let mut names = self.names(&["Resources"]);
        names.retain(|name| self.text(&["Resources", name, "Type"]) == kind && self.is_created(name));
        names
    }

    /// The variables of every function, as far as they are set.
    pub fn variables(&self) -> BTreeMap<String, String> {
        let path = ["Globals", "Function", "Environment", "Variables"];
        let set = |name: String| {
            let value = self.value(self.at(&[&path[..], &[&name]].concat())?)?;
            Some((name, value))
        };
        self.names(&path).into_iter().filter_map(set).collect()
    }

    /// The routes that are created.
    pub fn routes(&self) -> Vec<Route> {
        let route = |name: String| {
            assert_eq!(self.property(&name, "ApiId"), "Api", "{name}");
            Route { key: self.property(&name, "RouteKey"), function: self.function_behind(&name), name }
        };
        self.of_type("AWS::ApiGatewayV2::Route").into_iter().map(route).collect()
    }

    fn property(&self, resource: &str, name: &str) -> String {
        self.text(&["Resources", resource, "Properties", name])
    }

    /// From a route over its integration to the function, and to the crate that it is built from.
    fn function_behind(&self, route: &str) -> String {
        let target = self.property(route, "Target");
        let integration = target.strip_prefix("integrations/${").and_then(|rest| rest.strip_suffix('}'));
        let integration = integration.unwrap_or_else(|| panic!("{route} leads to {target}"));
        assert_eq!(self.property(integration, "ApiId"), "Api", "{integration}");
        assert_eq!(self.property(integration, "PayloadFormatVersion"), "2.0", "{integration}");
        let uri = self.property(integration, "IntegrationUri");
        let function = uri.strip_suffix(".Arn").unwrap();
        let may_call = |permission: &String| self.property(permission, "FunctionName") == function;
        let permissions = self.of_type("AWS::Lambda::Permission");
        assert!(permissions.iter().any(may_call), "the gateway may not call {function}");
        let name = self.property(function, "CodeUri").strip_prefix("functions/").unwrap().to_owned();
        let binary = self.text(&["Resources", function, "Metadata", "BuildProperties", "Binary"]);
        assert_eq!(binary, name, "{function} is built from another crate than its binary");
        name
    }

    fn is_created(&self, resource: &str) -> bool {
        let condition = self.at(&["Resources", resource, "Condition"]).and_then(Yaml::as_str);
        condition.is_none_or(|name| self.condition(name))
    }

    fn condition(&self, name: &str) -> bool {
        self.holds(self.at(&["Conditions", name]).unwrap_or_else(|| panic!("there is no condition {name}")))
    }

    fn holds(&self, node: &Yaml<'static>) -> bool {
        let Yaml::Tagged(tag, inner) = node else { panic!("not a condition: {node:?}") };
        let parts = inner.as_sequence().map(Vec::as_slice).unwrap_or_default();
        match tag.suffix.as_str() {
            "Equals" => self.value(&parts[0]) == self.value(&parts[1]),
            "Not" => !self.holds(&parts[0]),
            "And" => parts.iter().all(|part| self.holds(part)),
            "Or" => parts.iter().any(|part| self.holds(part)),
            "Condition" => self.condition(inner.as_str().unwrap()),
            other => panic!("!{other} in a condition"),
        }
    }

    /// The text of a node: `None` for `AWS::NoValue`. Names of resources stand for themselves.
    fn value(&self, node: &Yaml<'static>) -> Option<String> {
        let Yaml::Tagged(tag, inner) = node else { return node.as_str().map(str::to_owned) };
        match (tag.suffix.as_str(), inner.as_sequence()) {
            ("Ref", _) if inner.as_str() == Some("AWS::NoValue") => None,
            ("Ref", _) => {
                let name = inner.as_str()?;
                Some(self.parameters.get(name).cloned().unwrap_or_else(|| name.to_owned()))
            }
            ("If", Some(parts)) => self.value(&parts[if self.condition(parts[0].as_str()?) { 1 } else { 2 }]),
            ("Sub", None) => {
                let known = self.parameters.iter();
                let fill = |text: String, (name, value): (_, &String)| text.replace(&format!("${{{name}}}"), value);
                Some(known.fold(inner.as_str()?.to_owned(), fill))
            }
            ("GetAtt", _) => inner.as_str().map(str::to_owned),
            (other, _) => panic!("!{other} {inner:?}"),
        }
    }
}

/// A node without CloudFormation's tag.
fn bare<'a>(node: &'a Yaml<'static>) -> &'a Yaml<'static> {
    node.get_tagged_node().unwrap_or(node)
}

/// The key of the route for requests that no other route matches.
const DEFAULT: &str = "$default";

/// Whether API Gateway takes this key for a route of an HTTP API. Where its documentation and its users' reports leave
/// room, the answer is no: a key that it refuses rolls the whole stack back.
pub fn check_key(key: &str) -> Result<(), String> {
    if key == DEFAULT {
        return Ok(());
    }
    let refuse = |why: &str| Err(format!("{key:?}: {why}"));
    let methods = ["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
    let Some((method, path)) = key.split_once(' ') else { return refuse("a method and a path are needed") };
    let Some(path) = path.strip_prefix('/').filter(|_| methods.contains(&method)) else {
        return refuse("a method and a path from the root are needed");
    };
    let segments = path.split('/').collect::<Vec<_>>();
    let mut variables = Vec::new();
    for (place, segment) in segments.iter().enumerate() {
        let inner = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let name = inner.map(|name| name.strip_suffix('+').unwrap_or(name));
        let is_greedy = inner.is_some_and(|inner| inner.ends_with('+'));
        let plain = |text: &str, more: &str| {
            !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || more.contains(letter))
        };
        match name {
            _ if segment.is_empty() => return refuse("it has an empty segment, or ends in a slash"),
            _ if is_greedy && place + 1 < segments.len() => {
                return refuse("a greedy variable must be the last segment");
            }
            Some(name) if variables.contains(&name) => return refuse("it has a variable twice"),
            Some(name) if plain(name, "_") => variables.push(name),
            None if plain(segment, "._-") => {}
            _ => return refuse("a segment has other characters than letters, digits, `.`, `_` and `-`"),
        }
    }
    Ok(())
}

/// The route that the gateway takes for a request: of those that match, the most specific. A path without a greedy variable
/// goes before one with it; then, from the left, a literal segment before a variable, and that before a greedy one; at
/// last, the method before `ANY`. `$default` comes after all.
pub fn resolve<'a>(routes: &'a [Route], method: &str, path: &str) -> Option<&'a Route> {
    let ranked = routes.iter().filter_map(|route| Some((rank(&route.key, method, path)?, route)));
    let mut ranked = ranked.collect::<Vec<_>>();
    ranked.sort_by(|one, other| other.0.cmp(&one.0));
    if let [first, second, ..] = ranked.as_slice() {
        assert_ne!(first.0, second.0, "{method} {path}: both {} and {}", first.1.key, second.1.key);
    }
    let found = ranked.first().map(|(_, route)| *route);
    found.or_else(|| routes.iter().find(|route| route.key == DEFAULT))
}

/// How specific a match is: greater goes first.
type Rank = (bool, Vec<u8>, bool);

fn rank(key: &str, method: &str, path: &str) -> Option<Rank> {
    let (of, pattern) = key.split_once(' ')?;
    if of != method && of != "ANY" {
        return None;
    }
    let mut rest = path.strip_prefix('/')?.split('/');
    let mut ranks = Vec::new();
    for segment in pattern.strip_prefix('/')?.split('/') {
        if segment.ends_with("+}") {
            // At least something: whether it takes an empty rest is not documented, and nothing of ours needs it.
            let taken = rest.collect::<Vec<_>>().join("/");
            ranks.push(0);
            return (!taken.is_empty()).then_some((false, ranks, of == method));
        }
        let sent = rest.next()?;
        let is_variable = segment.starts_with('{');
        if sent.is_empty() || (!is_variable && sent != segment) {
            return None;
        }
        ranks.push(if is_variable { 1 } else { 2 });
    }
    rest.next().is_none().then_some((true, ranks, of == method))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken<'a>(routes: &'a [Route], request: &str) -> Option<&'a str> {
        let (method, path) = request.split_once(' ').unwrap();
        resolve(routes, method, path).map(|route| route.key.as_str())
    }

    #[test]
    fn the_most_specific_route_is_taken() {
        // The example of AWS's guide, and one of our own.
        let keys = [
            "GET /pets/dog/1",
            "GET /pets/dog/{id}",
            "GET /pets/{proxy+}",
            "ANY /{proxy+}",
            "ANY /a/{x}/c/{proxy+}",
            "ANY /a/{x}/{proxy+}",
            "ANY /a/{x}/c/d",
        ];
        let route = |key: &&str| Route { name: String::new(), key: (*key).to_owned(), function: String::new() };
        let routes = keys.iter().map(route).collect::<Vec<_>>();
        for (request, key) in [
            ("GET /pets/dog/1", Some(keys[0])),
            ("GET /pets/dog/2", Some(keys[1])),
            ("GET /pets/cat/1", Some(keys[2])),
            ("POST /test/5", Some(keys[3])),
            ("GET /a/b/c/d/", Some(keys[4])),
            ("GET /a/b/c/d", Some(keys[6])),
            ("GET /a/b/c", Some(keys[5])),
            ("GET /", None),
        ] {
            assert_eq!(taken(&routes, request), key, "{request}");
        }
        assert_eq!(taken(&routes[..1], "POST /pets/dog/1"), None);
        let with_default = routes.iter().cloned().chain([route(&DEFAULT)]).collect::<Vec<_>>();
        assert_eq!(taken(&with_default, "GET /"), Some(DEFAULT));
        assert_eq!(taken(&with_default, "GET /a/b/c"), Some(keys[5]));
    }

    #[test]
    fn keys_that_the_gateway_may_refuse_are_refused() {
        for key in ["ANY /a", "GET /.well-known/{proxy+}", "ANY /_a/{b}/c-d.e", "ANY /{proxy+}"] {
            assert_eq!(check_key(key), Ok(()));
        }
        for key in [
            "ANY /a/",
            "ANY /",
            "ANY //a",
            "ANY /a//b",
            "ANY /{a+}/b",
            "ANY a",
            "/a",
            "ANY",
            "SEND /a",
            "ANY /a b",
            "ANY /{a}/{a}",
            "ANY /{}",
            "ANY /a{b}",
            "ANY /{a-b}",
            "ANY /a?b",
            "ANY /ü",
            "ANY /{a+}+",
            "$other",
        ] {
            assert!(check_key(key).is_err(), "{key}");
        }
    }
}
