//! Plays another version of the service at work on the same table, as during a deployment: it adds an attribute that this
//! version does not know to every item and to every map within, takes the schema numbers away every other time, as an
//! earlier version would, and finds out what this version has lost of it since.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue as Value;
use embedded::Embedded;
use serde_json::{Value as Json, json};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};
use tokio::runtime::Runtime;

type Document = HashMap<String, Value>;

/// The attribute.
const MARK: &str = "x_other_version";
/// Maps whose entries people or providers name, or whose one entry is the variant of an enum.
const NOT_MARKED: [&str; 5] = ["attributes", "extra", "answer", "codes", "factor"];
/// Attributes that identify a map among others at the same place.
const NAMES: [&str; 10] =
    ["id", "user", "secret", "provider", "uid", "initiated", "number", "started", "state", "credential"];

/// The services whose tables the other version works on too, by their URLs.
static SERVICES: LazyLock<Mutex<HashMap<String, Arc<OtherVersion>>>> = LazyLock::new(Mutex::default);

/// The runtime of the other version's requests.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// The other version at the embedded table in one data folder. It works on the table's file from the process of the test.
struct OtherVersion {
    data: PathBuf,
    state: tokio::sync::Mutex<State>,
}

#[derive(Default)]
struct State {
    client: Option<Client>,
    visits: u64,
    /// By key: the maps that bear the mark.
    marked: HashMap<(String, String), BTreeSet<String>>,
}

impl State {
    /// The table, and its name. The file is opened when it is first needed.
    async fn table(&mut self, data: &Path) -> (Client, String) {
        let client = self.client.get_or_insert_with(|| Embedded::open(&data.join("latchkey.db")).unwrap().client());
        let name = client.list_tables().send().await.unwrap().table_names()[0].clone();
        (client.clone(), name)
    }
}

/// Remembers where the table of a service is.
pub fn watch(url: &str, data: &Path) {
    let service = OtherVersion { data: data.to_owned(), state: tokio::sync::Mutex::default() };
    SERVICES.lock().unwrap().insert(url.to_owned(), Arc::new(service));
}

fn service(url: &str) -> Option<Arc<OtherVersion>> {
    SERVICES.lock().unwrap().get(url).cloned()
}

/// Lets the other version touch every item of a service's table. Returns what this version has lost since the last time.
pub fn visit(url: &str) -> Vec<String> {
    service(url).map_or_else(Vec::new, |service| RUNTIME.block_on(service.visit()))
}

/// Takes away everything that the other version has added, as a version would that keeps nothing.
pub fn drop_marks(url: &str) {
    let Some(service) = service(url) else { return };
    RUNTIME.block_on(async {
        let (client, table) = service.state.lock().await.table(&service.data).await;
        let pages = client.scan().table_name(&table).into_paginator().items().send();
        for mut item in pages.collect::<Result<Vec<_>, _>>().await.expect("the table is read") {
            walk(&mut item, "", &mut |_, map| drop(map.remove(MARK)));
            client.put_item().table_name(&table).set_item(Some(item)).send().await.expect("an item is written");
        }
    });
}

/// The items of a service's table, in DynamoDB's JSON.
pub fn items(url: &str) -> Vec<Json> {
    let Some(service) = service(url) else { return Vec::new() };
    RUNTIME.block_on(async {
        let (client, table) = service.state.lock().await.table(&service.data).await;
        let pages = client.scan().table_name(&table).into_paginator().items().send();
        let items = pages.collect::<Result<Vec<_>, _>>().await.expect("the table is read");
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

/// The maps of an item, by what and where they are.
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
        return; // others' own, down to the ground
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
    /// Looks after everything that it has marked, and marks everything. Returns what was lost.
    async fn visit(&self) -> Vec<String> {
        let mut state = self.state.lock().await;
        let (client, table) = state.table(&self.data).await;
        let (client, table) = (&client, table.as_str());
        state.visits += 1;
        let takes_numbers = state.visits.is_multiple_of(2);
        let (mut lost, mut marked, mut start) = (Vec::new(), HashMap::new(), None);
        loop {
            let request = client.scan().table_name(table).consistent_read(true);
            let page = request.set_exclusive_start_key(start).send().await.expect("the table is read");
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

/// Looks after one item and marks it. The maps that bear the mark from now on, unless somebody else was faster.
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

/// An item in DynamoDB's JSON.
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
            other => panic!("no item has {other:?}"),
        }
    }
    item.iter().map(|(name, inner)| (name.clone(), typed(inner))).collect::<serde_json::Map<_, _>>().into()
}
