//! Simulates another version of the service that works on the same table, as during a deployment. It adds an unknown
//! attribute to every item and to every map inside, and checks that this version keeps the attribute. Every other time
//! it removes the schema numbers, as an earlier version would.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue as Value;
use embedded::Embedded;
use serde_json::{Value as Json, json};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};
use tokio::runtime::Runtime;

type Document = HashMap<String, Value>;

/// The name of the unknown attribute.
const MARK: &str = "x_other_version";
/// Names of maps that get no mark: users or providers choose the names of their entries, or their only entry is the
/// variant of an enum.
const NOT_MARKED: [&str; 5] = ["attributes", "extra", "answer", "codes", "factor"];
/// Attributes that identify a map among others at the same path.
const NAMES: [&str; 10] =
    ["id", "user", "secret", "provider", "uid", "initiated", "number", "started", "state", "credential"];

/// The simulated other version for each service, by the service's URL.
static SERVICES: LazyLock<Mutex<HashMap<String, Arc<OtherVersion>>>> = LazyLock::new(Mutex::default);

/// The runtime for the requests of the other version.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// The other version on the embedded table in one data folder. It opens the table's file from the process of the test.
struct OtherVersion {
    data: PathBuf,
    state: tokio::sync::Mutex<State>,
}

#[derive(Default)]
struct State {
    client: Option<Client>,
    visits: u64,
    /// The paths of the marked maps, by the key of their item.
    marked: HashMap<(String, String), BTreeSet<String>>,
}

impl State {
    /// Returns a client of the table and its name. Opens the file at the first call.
    async fn table(&mut self, data: &Path) -> (Client, String) {
        let client = self.client.get_or_insert_with(|| Embedded::open(&data.join("latchkey.db")).unwrap().client());
        let name = client.list_tables().send().await.unwrap().table_names()[0].clone();
        (client.clone(), name)
    }
}

/// Records the data folder of a service.
pub fn watch(url: &str, data: &Path) {
    let service = OtherVersion { data: data.to_owned(), state: tokio::sync::Mutex::default() };
    SERVICES.lock().unwrap().insert(url.to_owned(), Arc::new(service));
}

fn service(url: &str) -> Option<Arc<OtherVersion>> {
    SERVICES.lock().unwrap().get(url).cloned()
}

/// Changes every item of a service's table. Returns the marks that this version has lost since the last call.
pub fn visit(url: &str) -> Vec<String> {
    service(url).map_or_else(Vec::new, |service| RUNTIME.block_on(service.visit()))
}

/// Removes all marks, as a version would do that keeps no unknown attributes.
pub fn drop_marks(url: &str) {
    let Some(service) = service(url) else { return };
    RUNTIME.block_on(async {
        let (client, table) = service.state.lock().await.table(&service.data).await;
        let pages = client.scan().table_name(&table).into_paginator().items().send();
        for mut item in pages.collect::<Result<Vec<_>, _>>().await.expect("the table can be read") {
            walk(&mut item, "", &mut |_, map| drop(map.remove(MARK)));
            client.put_item().table_name(&table).set_item(Some(item)).send().await.expect("an item can be written");
        }
    });
}

/// Returns the items of a service's table in DynamoDB's JSON.
pub fn items(url: &str) -> Vec<Json> {
    let Some(service) = service(url) else { return Vec::new() };
    RUNTIME.block_on(async {
        let (client, table) = service.state.lock().await.table(&service.data).await;
        let pages = client.scan().table_name(&table).into_paginator().items().send();
        let items = pages.collect::<Result<Vec<_>, _>>().await.expect("the table can be read");
        items.iter().map(json_of).collect()
    })
}

fn mark() -> Value {
    let text = |text: &str| Value::S(text.to_owned());
    let inner = HashMap::from([("n".to_owned(), Value::N("-7".to_owned())), ("none".to_owned(), Value::Null(true))]);
    Value::M(HashMap::from([
        ("list".to_owned(), Value::L(vec![text("a"), Value::Bool(true), Value::M(inner)])),
        ("big".to_owned(), Value::N(u64::MAX.to_string())),
    ]))
}

/// Calls `visit` for each map of an item, with a path that identifies the map.
fn walk(map: &mut Document, path: &str, visit: &mut impl FnMut(&str, &mut Document)) {
    let names: &[&str] = if map.contains_key("at") { &["at", "method"] } else { &NAMES };
    let known = names.iter().filter_map(|name| Some(format!("{name}={:?}", scalar(map.get(*name)?)?)));
    let path = format!("{path}({})", known.collect::<Vec<_>>().join(","));
    let last = path.rsplit('/').next().unwrap_or_default();
    let name = last.split('(').next().unwrap_or_default();
    if !NOT_MARKED.contains(&name) {
        visit(&path, map);
    }
    if matches!(name, "attributes" | "extra" | "answer" | "key") {
        return; // users or providers define everything inside
    }
    for (name, value) in map.iter_mut().filter(|(name, _)| *name != MARK) {
        match value {
            Value::M(inner) => walk(inner, &format!("{path}/{name}"), visit),
            Value::L(list) => {
                for inner in list {
                    if let Value::M(inner) = inner {
                        walk(inner, &format!("{path}/{name}"), visit);
                    }
                }
            }
            _ => {}
        }
    }
}

fn scalar(value: &Value) -> Option<&str> {
    value.as_s().or_else(|_| value.as_n()).ok().map(String::as_str)
}

impl OtherVersion {
    /// Checks the marks of the last visit, and marks everything again. Returns the marks that were lost.
    async fn visit(&self) -> Vec<String> {
        let mut state = self.state.lock().await;
        let (client, table) = state.table(&self.data).await;
        let (client, table) = (&client, table.as_str());
        state.visits += 1;
        let takes_numbers = state.visits.is_multiple_of(2);
        let (mut lost, mut marked, mut start) = (Vec::new(), HashMap::new(), None);
        loop {
            let request = client.scan().table_name(table).consistent_read(true);
            let page = request.set_exclusive_start_key(start).send().await.expect("the table can be read");
            for item in page.items.unwrap_or_default() {
                let text = |name: &str| item[name].as_s().expect("keys are texts").clone();
                let key = (text("pk"), text("sk"));
                let before = state.marked.get(&key).cloned().unwrap_or_default();
                if item.contains_key("version")
                    && let Some(paths) = touch(client, table, item, takes_numbers, &before, &mut lost).await
                {
                    marked.insert(key, paths);
                }
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                state.marked = marked;
                return lost;
            }
        }
    }
}

/// Checks the marks of one item and marks it again. Returns the paths of the marked maps, or `None` if another writer
/// changed the item first.
async fn touch(
    client: &Client,
    table: &str,
    mut item: Document,
    takes_number: bool,
    before: &BTreeSet<String>,
    lost: &mut Vec<String>,
) -> Option<BTreeSet<String>> {
    let place = format!("{} {}", scalar(&item["pk"])?, scalar(&item["sk"])?);
    let (mark, mut paths) = (mark(), BTreeSet::new());
    walk(&mut item, "", &mut |path, map| {
        if before.contains(path) && map.get(MARK) != Some(&mark) {
            lost.push(format!("{place} {path}: {:?}", map.get(MARK)));
        }
        map.insert(MARK.to_owned(), mark.clone());
        paths.insert(path.to_owned());
    });
    if takes_number {
        item.remove("schema");
    }
    let version = item.get("version")?.as_n().ok()?.clone();
    let next = version.parse::<u64>().ok()? + 1;
    item.insert("version".to_owned(), Value::N(next.to_string()));
    let put = client.put_item().table_name(table).set_item(Some(item));
    let put = put
        .condition_expression("#version = :version")
        .expression_attribute_names("#version", "version")
        .expression_attribute_values(":version", Value::N(version));
    put.send().await.ok().map(|_| paths)
}

/// Converts an item to DynamoDB's JSON.
fn json_of(item: &Document) -> Json {
    fn typed(value: &Value) -> Json {
        match value {
            Value::S(text) => json!({"S": text}),
            Value::N(number) => json!({"N": number}),
            Value::Bool(yes) => json!({"BOOL": yes}),
            Value::Null(_) => json!({"NULL": true}),
            Value::L(list) => json!({"L": list.iter().map(typed).collect::<Vec<_>>()}),
            Value::M(map) => json!({"M": json_of(map)}),
            Value::Ns(numbers) => json!({"NS": numbers}),
            other => panic!("unsupported attribute value {other:?}"),
        }
    }
    item.iter().map(|(name, inner)| (name.clone(), typed(inner))).collect::<serde_json::Map<_, _>>().into()
}
