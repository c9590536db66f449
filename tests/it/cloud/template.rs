//! `template.yaml` as CloudFormation reads it, and the routes of its gateway.

use saphyr::{LoadableYamlNode, Yaml};
use std::collections::BTreeMap;

/// The template with values for its parameters.
pub struct Template {
    document: Yaml<'static>,
    parameters: BTreeMap<String, String>,
}

/// A route of the gateway.
#[derive(Debug, Clone)]
pub struct Route {
    /// The name of the resource.
    pub name: String,
    /// The key, such as `ANY /path`.
    pub key: String,
    /// The crate of the function that serves the route.
    pub function: String,
}

impl Template {
    /// Reads the template. Parameters that are not in `given` have their defaults.
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

    /// Returns the node at this path of names.
    pub fn at(&self, names: &[&str]) -> Option<&Yaml<'static>> {
        names.iter().try_fold(&self.document, |node, name| bare(node).as_mapping_get(name))
    }

    /// Returns the names in the mapping at this path of names.
    pub fn names(&self, names: &[&str]) -> Vec<String> {
        let mapping = self.at(names).and_then(Yaml::as_mapping).unwrap();
        mapping.keys().map(|name| name.as_str().unwrap().to_owned()).collect()
    }

    /// Returns the text at this path of names, after intrinsic functions and parameters are resolved.
    pub fn text(&self, names: &[&str]) -> String {
        let node = self.at(names).unwrap_or_else(|| panic!("{} is missing", names.join(".")));
        self.value(node).unwrap_or_else(|| panic!("{} has no value", names.join(".")))
    }

    /// Returns the names of the resources of a type that are created.
    pub fn of_type(&self, kind: &str) -> Vec<String> {
        let mut names = self.names(&["Resources"]);
        names.retain(|name| self.text(&["Resources", name, "Type"]) == kind && self.is_created(name));
        names
    }

    /// Returns the environment variables of the functions that are set.
    pub fn variables(&self) -> BTreeMap<String, String> {
        let path = ["Globals", "Function", "Environment", "Variables"];
        let set = |name: String| {
            let value = self.value(self.at(&[&path[..], &[&name]].concat())?)?;
            Some((name, value))
        };
        self.names(&path).into_iter().filter_map(set).collect()
    }

    /// Returns the routes that are created.
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

    /// Follows a route to its integration and its function. Returns the crate that the function is built from.
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
            other => panic!("unsupported !{other} in a condition"),
        }
    }

    /// Returns the text of a node, or `None` for `AWS::NoValue`. A reference to a resource is resolved to the
    /// resource's name.
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

/// Returns a node without its CloudFormation tag.
fn bare<'a>(node: &'a Yaml<'static>) -> &'a Yaml<'static> {
    node.get_tagged_node().unwrap_or(node)
}

/// The key of the route for requests that no other route matches.
const DEFAULT: &str = "$default";

/// Returns an error if API Gateway may refuse this key for a route of an HTTP API. If its documentation and its users'
/// reports leave room, the key is refused here, because a refused key rolls the whole stack back.
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

/// Returns the route that the gateway chooses for a request: the most specific one that matches. A path without a
/// greedy variable is more specific than one with it. Then, from the left, a literal segment is more specific than a
/// variable, and a variable more than a greedy one. Finally, a method is more specific than `ANY`. `$default` comes
/// last.
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

/// How specific a match is. The greatest rank wins.
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
            // A greedy variable must match at least one character. Whether the gateway also accepts an empty rest is
            // not documented, and no endpoint needs it.
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
        // The first four keys are the example of AWS's guide. The others are additional.
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
