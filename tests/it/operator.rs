//! Tests of the directory and of operators' operations, called on an embedded table.

use crate::cloud::server::block_on;
use aws_sdk_dynamodb::Client;
use embedded::Embedded;
use embedded::faults::Faults;
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use shared::account::{Address, EmailClaim, NameClaim, User, UserId, list_names};
use shared::app::App;
use shared::clock::{Clock, Timestamp};
use shared::operator::api_keys::{self, Scope};
use shared::operator::{Actor, Failure, Operator, list, search};
use shared::random::SystemRandom;
use shared::session::{Api, ClientInfo};
use shared::settings::{Settings, Source};
use shared::store::{Directory, Item, Key, Listing, Order, Store, Write, counted, create_table};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::Poll;
use uuid::Uuid;

/// A clock that only the test moves.
struct Manual(AtomicI64);

impl Clock for Manual {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.0.load(Ordering::Relaxed))
    }
}

/// Returns the parts of a service with an empty table in memory, its clock, and the faults of the table.
fn service() -> (App, Arc<Manual>, Faults) {
    let (embedded, faults) = (Embedded::memory().unwrap(), Faults::default());
    let client: Client = embedded::client(faults.wrap(embedded.http_client()));
    block_on(create_table(&client, "latchkey")).unwrap();
    let secret = ("SECRET_KEY".to_owned(), "0123456789abcdef0123456789abcdef".to_owned());
    let settings = Arc::new(Settings::load(&Source::new([secret])).unwrap());
    let clock = Arc::new(Manual(AtomicI64::new(1_800_000_000)));
    let store = Store::new(client, "latchkey".to_owned(), clock.clone(), Arc::new(SystemRandom));
    (App::new(settings, store, clock.clone(), Arc::new(SystemRandom)), clock, faults)
}

fn with_operator<T>(app: &App, work: impl FnOnce(Operator<'_>) -> T) -> T {
    let client = ClientInfo {
        api: Api::Headless,
        ip: "192.0.2.1".parse().unwrap(),
        user_agent: String::new(),
        is_browser: false,
        has_tokens: false,
        trust: None,
        device: None,
    };
    work(Operator { app, actor: &Actor::Command, client: &client, has_secret_key: true })
}

/// An item with an entry in the directory.
#[derive(Serialize, Deserialize)]
struct Entry {
    id: Uuid,
    text: String,
}

impl Item for Entry {
    fn key(&self) -> Key {
        Key::new(format!("ENTRY#{}", self.id), "ENTRY")
    }

    fn version(&self) -> u64 {
        0
    }

    fn listing(&self) -> Option<Listing> {
        Some(Listing::new(Directory::Person, &self.text, self.id))
    }
}

async fn put(app: &App, texts: &[&str]) {
    for text in texts {
        let id = uuid::Builder::from_random_bytes(app.random()).into_uuid();
        assert!(app.store.create(&Entry { id, text: (*text).to_owned() }).await.unwrap());
    }
}

/// Reads all pages of this size. Calls `between` after each page.
async fn places(
    app: &App,
    prefix: &str,
    order: Order,
    size: usize,
    mut between: impl AsyncFnMut(usize),
) -> Vec<String> {
    let (mut all, mut after) = (Vec::<String>::new(), None::<String>);
    for n in 0.. {
        let page = app.store.list_directory(Directory::Person, prefix, order, after.as_deref(), size).await.unwrap();
        assert!(page.len() <= size);
        all.extend(page.iter().map(|entry| entry.place.clone()));
        match page.last() {
            Some(last) => after = Some(last.place.clone()),
            None => break,
        }
        between(n).await;
    }
    all
}

fn texts(places: &[String]) -> Vec<&str> {
    places.iter().map(|place| place.split('\t').next().unwrap()).collect()
}

#[test]
fn pages_of_any_size_list_every_entry_once_in_both_orders() {
    let (app, ..) = service();
    block_on(async {
        // Several entries have the same text.
        let all = (0..60).map(|n| format!("n{:02}", n / 3)).collect::<Vec<_>>();
        put(&app, &all.iter().map(String::as_str).collect::<Vec<_>>()).await;
        for size in [1, 7, 60, 100] {
            let up = places(&app, "", Order::Ascending, size, async |_| {}).await;
            assert_eq!(texts(&up), all, "{size}");
            assert_eq!(up.iter().collect::<BTreeSet<_>>().len(), 60);
            let mut down = places(&app, "", Order::Descending, size, async |_| {}).await;
            down.reverse();
            assert_eq!(down, up, "{size}");
        }
        let some = places(&app, "n1", Order::Descending, 4, async |_| {}).await;
        assert_eq!((some.len(), texts(&some)[0], texts(&some)[29]), (30, "n19", "n10"));
    });
}

#[test]
fn a_prefix_finds_what_starts_with_it_up_to_the_last_characters() {
    let (app, ..) = service();
    block_on(async {
        put(&app, &["y", "z", "zz", "z~", "z\u{10fffd}", "z\u{ffff}a", "{", "Ω"]).await;
        for order in [Order::Ascending, Order::Descending] {
            let found = places(&app, "z", order, 3, async |_| {}).await;
            let found = texts(&found).into_iter().collect::<BTreeSet<_>>();
            assert_eq!(found, BTreeSet::from(["z", "zz", "z~", "z\u{10fffd}", "z\u{ffff}a"]));
        }
        assert_eq!(texts(&places(&app, "zz", Order::Ascending, 3, async |_| {}).await), ["zz"]);
        assert!(places(&app, "zzz", Order::Ascending, 3, async |_| {}).await.is_empty());
        let long = "l".repeat(5_000);
        put(&app, &[&long]).await;
        assert_eq!(places(&app, &long, Order::Ascending, 3, async |_| {}).await.len(), 1, "found by its beginning");
    });
}

#[test]
fn entries_that_are_added_between_two_pages_move_no_other_entry() {
    let (app, ..) = service();
    block_on(async {
        let before = (0..20).map(|n| format!("m{n:02}")).collect::<Vec<_>>();
        put(&app, &before.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let found = places(&app, "", Order::Ascending, 5, async |page| {
            if page < 3 {
                put(&app, &["a", "m07x", "z"]).await;
            }
        });
        let found = found.await;
        let seen =
            texts(&found).into_iter().filter(|text| before.iter().any(|known| known == text)).collect::<Vec<_>>();
        assert_eq!(seen, before);
        assert_eq!(texts(&found).into_iter().filter(|text| *text == "z").count(), 3, "later entries are listed too");
        assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len());
    });
}

/// Creates users with an address, a username and names. Returns their ids.
async fn populate(app: &App, count: usize) -> Vec<UserId> {
    const AT_ONCE: usize = 16;
    let mut ids = Vec::new();
    for some in (0..count).collect::<Vec<_>>().chunks(AT_ONCE) {
        let users = some.iter().map(|n| {
            let mut user = User::new(UserId::new(app.random()), app.now().plus_seconds(*n as i64));
            user.addresses.push(Address::new(&format!("user{n}@example.com"), true, app.random()));
            user.username = Some(format!("name{n}"));
            user.last_name = format!("Family{n}");
            user
        });
        let users = users.collect::<Vec<_>>();
        join_all(users.iter().map(|user| async move {
            let email = EmailClaim::owner(&user.addresses[0].email, user.id, false);
            let name = NameClaim::new(user.username.as_deref().unwrap(), user.id);
            let own = vec![Write::create(user).unwrap(), Write::create(&email).unwrap(), Write::create(&name).unwrap()];
            app.store.commit_with_retries([own, list_names(None, user)].concat()).await.unwrap();
        }))
        .await;
        ids.extend(users.iter().map(|user| user.id));
    }
    ids
}

#[test]
fn the_number_of_requests_does_not_depend_on_the_number_of_users() {
    let mut costs = Vec::new();
    for count in [100, 1_000] {
        let (app, ..) = service();
        let ids = block_on(populate(&app, count));
        let app = &app;
        let cost = with_operator(app, |operator| {
            block_on(async {
                let (listed, first) = counted(list(&app.store, None, 50)).await;
                let listed = listed.unwrap();
                assert_eq!((listed.users.len(), listed.users[0].id), (50, ids[count - 1]), "the newest first");
                let (listed, next) = counted(list(&app.store, listed.next.as_deref(), 50)).await;
                assert_eq!(listed.unwrap().users[0].id, ids[count - 51]);
                let (found, searched) = counted(search(&app.store, "FAMILY7", None, 50)).await;
                assert!(found.unwrap().users.iter().any(|user| user.id == ids[7]));
                let (shown, show) = counted(operator.show(ids[7])).await;
                assert_eq!(shown.unwrap().user.id, ids[7]);
                let (disabled, disable) = counted(operator.disable(ids[7])).await;
                assert!(!disabled.unwrap().is_active);
                [first, next, searched, show, disable].map(|cost| (cost.round_trips, cost.requests))
            })
        });
        costs.push(cost);
    }
    assert_eq!(costs[0], costs[1]);
    assert_eq!(costs[0], [(2, 17), (2, 17), (2, 49), (2, 4), (2, 2)]);
}

#[test]
fn a_search_lists_each_user_once_over_all_pages_and_by_what_they_have_now() {
    let (app, ..) = service();
    let ids = block_on(populate(&app, 40));
    with_operator(&app, |operator| {
        block_on(async {
            // Address, username and family name all start with the same letter.
            let changes = |n: usize| shared::operator::Changes {
                username: Some(format!("user-{n}")),
                last_name: Some(format!("User {n}")),
                ..shared::operator::Changes::default()
            };
            for (n, id) in ids.iter().enumerate() {
                operator.update(*id, &changes(n)).await.unwrap();
            }
            let (mut found, mut cursor) = (Vec::new(), None::<String>);
            loop {
                let page = search(&app.store, "user", cursor.as_deref(), 7).await.unwrap();
                found.extend(page.users.iter().map(|user| user.id.0));
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!((found.len(), found.iter().collect::<BTreeSet<_>>().len()), (40, 40));
            for old in ["name", "family"] {
                assert!(search(&app.store, old, None, 7).await.unwrap().users.is_empty(), "{old}");
            }
            let taken = operator.update(ids[0], &changes(1)).await.unwrap_err().to_string();
            assert!(taken.contains("username already exists"), "{taken}");
            let wrong = search(&app.store, "user", Some("%"), 7).await.unwrap_err().to_string();
            assert!(wrong.contains("cursor"), "{wrong}");
        });
    });
}

/// An item beside a user, such as a session.
#[derive(Serialize, Deserialize)]
struct Beside {
    user: UserId,
    name: String,
}

impl Item for Beside {
    fn key(&self) -> Key {
        Key::new(self.user.key().pk, self.name.clone())
    }

    fn version(&self) -> u64 {
        0
    }
}

/// Runs `work` until the table has received this number of requests, as if the process ended there. Returns whether
/// `work` was done before.
async fn until_request<T>(faults: &Faults, most: usize, work: impl Future<Output = T>) -> bool {
    let mut work = std::pin::pin!(work);
    faults.reset();
    let done = std::future::poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(_) => Poll::Ready(true),
        Poll::Pending if faults.requests().len() >= most => Poll::Ready(false),
        Poll::Pending => Poll::Pending,
    });
    done.await
}

#[test]
fn a_deletion_that_is_interrupted_anywhere_is_finished_by_the_next_one() {
    let mut existed = BTreeSet::new();
    for most in 1.. {
        let (app, _, faults) = service();
        let ids = block_on(populate(&app, 2));
        let done = with_operator(&app, |operator| {
            block_on(async {
                for name in ["SESSION#1", "SESSION#2", "TICKET#invitation", "EVENT#1"] {
                    let beside = Beside { user: ids[0], name: name.to_owned() };
                    assert!(app.store.create(&beside).await.unwrap());
                }
                let done = until_request(&faults, most, operator.delete(ids[0])).await;
                let user = app.store.find::<User>(&ids[0].key()).await.unwrap();
                // The user is there with everything they hold, or gone with all of it.
                for text in ["user0@", "name0", "family0"] {
                    let found = search(&app.store, text, None, 10).await.unwrap().users.len();
                    assert_eq!(found, usize::from(user.is_some()), "{text} after {most} requests");
                }
                let claims = app.store.list::<EmailClaim>("EMAIL#user0@example.com", "", 10).await.unwrap();
                assert_eq!(claims.len(), usize::from(user.is_some()), "after {most} requests");
                existed.insert((user.is_some(), done));
                if !done {
                    operator.delete(ids[0]).await.unwrap();
                }
                let left = app.store.list::<Beside>(&ids[0].key().pk, "", 10).await.unwrap();
                let left = left.into_iter().map(|item| item.name).collect::<Vec<_>>();
                assert_eq!(left, ["EVENT#1"], "security events stay until they expire");
                assert!(matches!(operator.delete(ids[0]).await, Err(Failure::Missing)));
                assert!(operator.get(ids[1]).await.is_ok());
                done
            })
        });
        if done {
            break;
        }
    }
    let all = BTreeSet::from([(true, false), (false, false), (false, true)]);
    assert_eq!(existed, all, "interrupted before and after the transaction, and not at all");
}

#[test]
fn a_key_is_valid_until_it_is_revoked_or_expires_and_its_use_is_recorded_hourly() {
    let (app, clock, _) = service();
    block_on(async {
        let (key, token) = api_keys::create(&app, "backup", Scope::Read, Some(86_400)).await.unwrap();
        let (other, other_token) = api_keys::create(&app, "sync", Scope::Write, None).await.unwrap();
        let (found, first) = counted(api_keys::find_api_key(&app, &token)).await;
        let found = found.unwrap().unwrap();
        assert_eq!((found.id, found.permits(Scope::Read), found.permits(Scope::Write)), (key.id, true, false));
        assert_eq!((first.requests, counted(api_keys::find_api_key(&app, &token)).await.1.requests), (2, 1));
        clock.0.fetch_add(3_600, Ordering::Relaxed);
        assert_eq!(counted(api_keys::find_api_key(&app, &token)).await.1.requests, 2);
        let last = api_keys::find(&app.store, key.id).await.unwrap().unwrap().last_used;
        assert_eq!(last, Some(app.now()));

        // A token with the secret of another key.
        let mixed = format!("{}_{}", token.rsplit_once('_').unwrap().0, other_token.rsplit_once('_').unwrap().1);
        for wrong in [&mixed, "lk_", &token.replace("lk_", "")] {
            assert!(api_keys::find_api_key(&app, wrong).await.unwrap().is_none(), "{wrong}");
        }
        api_keys::revoke(&app.store, other.id).await.unwrap();
        assert!(api_keys::find_api_key(&app, &other_token).await.unwrap().is_none());
        clock.0.fetch_add(86_400, Ordering::Relaxed);
        assert!(api_keys::find_api_key(&app, &token).await.unwrap().is_none());
        assert!(api_keys::list(&app.store).await.unwrap().is_empty());
    });
}

/// CPU time of this process.
fn cpu() -> std::time::Duration {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let spent = threads.filter_map(|thread| {
        let text = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    std::time::Duration::from_nanos(spent.sum())
}

/// Run it by hand: `cargo test --release -p tests --test it -- --ignored --nocapture hundred_thousand`.
#[test]
#[ignore = "creates 100,000 users, which takes minutes"]
fn operations_on_a_hundred_thousand_users_take_less_than_50_ms_of_cpu() {
    const USERS: usize = 100_000;
    let (app, ..) = service();
    let ids = block_on(populate(&app, USERS));
    let app = &app;
    with_operator(app, |operator| {
        block_on(async {
            let mut slow = Vec::new();
            let mut report = |name: &str, spent: std::time::Duration| {
                println!("{name}: {spent:?}");
                slow.extend((spent.as_millis() >= 50).then(|| format!("{name}: {spent:?}")));
            };
            for id in ids.into_iter().take(3) {
                let start = cpu();
                assert_eq!(list(&app.store, None, 50).await.unwrap().users.len(), 50);
                report("list", cpu().saturating_sub(start));
                let start = cpu();
                assert_eq!(search(&app.store, "user7", None, 50).await.unwrap().users.len(), 50);
                report("search", cpu().saturating_sub(start));
                let start = cpu();
                assert_eq!(operator.show(id).await.unwrap().user.id, id);
                report("show", cpu().saturating_sub(start));
                let start = cpu();
                assert!(!operator.disable(id).await.unwrap().is_active);
                report("disable", cpu().saturating_sub(start));
            }
            assert_eq!(slow, Vec::<String>::new());
        });
    });
}
