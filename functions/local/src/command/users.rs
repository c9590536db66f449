//! `latchkey users`: finding, creating and changing users.

use super::ask::read_password;
use super::lookup::get_user;
use super::output::{Row, moment, printable};
use super::place::Opened;
use super::{CommandError, Common};
use serde::Serialize;
use shared::account::{Factor, User, UserId};
use shared::operator::{Actor, Details, Listed, NewUser, Operator, search};
use shared::session::{Api, ClientInfo};
use std::fmt::{Display, Formatter, Result as Written};
use std::net::{IpAddr, Ipv4Addr};

/// The most users that one page has.
const PAGE: usize = 100;

/// The row of a user in the list.
#[derive(Serialize)]
struct UserRow {
    id: String,
    email: Option<String>,
    username: Option<String>,
    first_name: String,
    last_name: String,
    phone: Option<String>,
    role: u32,
    is_active: bool,
    is_staff: bool,
    is_superuser: bool,
    date_joined: String,
    last_login: Option<String>,
}

impl UserRow {
    fn of(user: &User) -> Self {
        Self {
            id: user.id.to_string(),
            email: user.primary_email().map(str::to_owned),
            username: user.username.clone(),
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            phone: user.phone.as_ref().map(|phone| phone.number.clone()),
            role: user.role,
            is_active: user.is_active,
            is_staff: user.is_staff(),
            is_superuser: user.is_superuser(),
            date_joined: moment(user.date_joined),
            last_login: user.last_login.map(moment),
        }
    }

    fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    fn state(&self) -> String {
        let state = if self.is_active { "active" } else { "disabled" };
        let flags = [(self.is_staff, "staff"), (self.is_superuser, "superuser")];
        let flags = flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, name)| name);
        std::iter::once(state).chain(flags).collect::<Vec<_>>().join(", ")
    }
}

impl Row for UserRow {
    const HEADINGS: &'static [&'static str] = &["ID", "EMAIL", "USERNAME", "NAME", "STATE", "JOINED", "LAST LOGIN"];

    fn cells(&self) -> Vec<String> {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        let (email, username, login) = (text(&self.email), text(&self.username), text(&self.last_login));
        vec![self.id.clone(), email, username, self.name(), self.state(), self.date_joined.clone(), login]
    }
}

/// Lists the newest users, or those that a search finds: at most `limit`.
///
/// # Errors
/// [`CommandError`].
pub async fn list(common: &Common, text: Option<&str>, limit: usize) -> Result<(), CommandError> {
    let opened = common.open().await?;
    let (mut rows, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = PAGE.min(limit - rows.len());
        let Listed { users, next } = search(opened.store(), text.unwrap_or_default(), cursor.as_deref(), page).await?;
        rows.extend(users.iter().map(UserRow::of));
        cursor = next;
        if cursor.is_none() || rows.len() >= limit {
            break;
        }
    }
    common.output.list(&rows, "No users.")?;
    if cursor.is_some() {
        eprintln!("latchkey: there are more users; --limit shows more, --search finds some");
    }
    Ok(())
}

/// An email address of a user.
#[derive(Serialize)]
struct AddressRow {
    email: String,
    verified: bool,
    primary: bool,
}

/// A second factor or passkey of a user.
#[derive(Serialize)]
struct AuthenticatorRow {
    /// A text, because many programs cannot represent such a large number.
    id: String,
    kind: String,
    name: Option<String>,
    created: String,
    last_used: Option<String>,
}

/// A message that waits to be sent to a user.
#[derive(Serialize)]
struct MessageRow {
    id: String,
    kind: String,
    created: String,
    attempts: u32,
}

/// The failed logins of a user.
#[derive(Serialize)]
struct FailedLoginsRow {
    count: usize,
    last: Option<String>,
    blocked_until: Option<String>,
}

/// The report of `show`.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    user: UserRow,
    phone_verified: Option<bool>,
    has_password: bool,
    emails: Vec<AddressRow>,
    authenticators: Vec<AuthenticatorRow>,
    identities: Vec<String>,
    sessions: usize,
    /// `None` if the secret key of the service is not known.
    failed_logins: Option<FailedLoginsRow>,
    /// `None` if the secret key of the service is not known.
    messages: Option<Vec<MessageRow>>,
}

impl Shown {
    fn of(details: Details) -> Self {
        let Details { user, sessions, failed_logins, messages } = details;
        let emails = user.addresses.iter().map(|address| AddressRow {
            email: address.email.clone(),
            verified: address.verified,
            primary: address.primary,
        });
        let authenticators = user.authenticators.iter().map(|it| AuthenticatorRow {
            id: it.id.to_string(),
            kind: it.factor.kind().to_owned(),
            name: if let Factor::WebAuthn { name, .. } = &it.factor { Some(name.clone()) } else { None },
            created: moment(it.created),
            last_used: it.last_used.map(moment),
        });
        let message = |message: shared::outbox::Message| MessageRow {
            created: moment(message.created),
            attempts: message.attempts,
            id: message.id,
            kind: message.kind,
        };
        Self {
            phone_verified: user.phone.as_ref().map(|phone| phone.verified),
            has_password: user.has_usable_password(),
            emails: emails.collect(),
            authenticators: authenticators.collect(),
            identities: user.identities.iter().map(|link| format!("{} {}", link.provider, link.uid)).collect(),
            sessions: sessions.len(),
            failed_logins: failed_logins.map(|failed| FailedLoginsRow {
                count: failed.count,
                last: failed.last.map(moment),
                blocked_until: failed.blocked_until.map(moment),
            }),
            messages: messages.map(|all| all.into_iter().map(message).collect()),
            user: UserRow::of(&user),
        }
    }

    /// The lines for people, as headings with their texts.
    fn lines(&self) -> Vec<(&'static str, String)> {
        let row = &self.user;
        let mark = |is_set: bool, text: &'static str| if is_set { text } else { "" };
        let mut lines = vec![("id", row.id.clone()), ("state", row.state())];
        lines.extend(row.username.iter().map(|name| ("username", name.clone())));
        lines.extend(Some(("name", row.name())).filter(|(_, name)| !name.is_empty()));
        for AddressRow { email, verified, primary } in &self.emails {
            let verified = if *verified { ", verified" } else { ", not verified" };
            lines.push(("email", format!("{email}{verified}{}", mark(*primary, ", primary"))));
        }
        if let Some(phone) = &row.phone {
            let verified = if self.phone_verified == Some(true) { "verified" } else { "not verified" };
            lines.push(("phone", format!("{phone}, {verified}")));
        }
        lines.push(("role", row.role.to_string()));
        lines.push(("password", if self.has_password { "set" } else { "none" }.to_owned()));
        for it in &self.authenticators {
            let name = it.name.as_ref().map(|name| format!(" \"{name}\"")).unwrap_or_default();
            let used = it.last_used.as_deref().unwrap_or("never");
            lines.push(("factor", format!("{}{name}, id {}, since {}, last used {used}", it.kind, it.id, it.created)));
        }
        lines.extend(self.identities.iter().map(|identity| ("identity", identity.clone())));
        lines.push(("joined", row.date_joined.clone()));
        lines.push(("last login", row.last_login.clone().unwrap_or_else(|| "never".to_owned())));
        lines.push(("sessions", self.sessions.to_string()));
        lines.push(("failed logins", self.failed_logins()));
        match &self.messages {
            None => lines.push(("messages", "unknown without the SECRET_KEY of the service".to_owned())),
            Some(all) => lines.extend(all.iter().map(|message| {
                let MessageRow { id, kind, created, attempts } = message;
                ("message", format!("{kind}, waits since {created}, {attempts} attempts, id {id}"))
            })),
        }
        lines
    }

    fn failed_logins(&self) -> String {
        match &self.failed_logins {
            None => "unknown without the SECRET_KEY of the service".to_owned(),
            Some(FailedLoginsRow { count: 0, .. }) => "none".to_owned(),
            Some(FailedLoginsRow { count, last, blocked_until }) => {
                let last = last.as_deref().unwrap_or_default();
                let blocked = blocked_until.as_ref().map(|until| format!(", blocked until {until}"));
                format!("{count}, the last at {last}{}", blocked.unwrap_or_default())
            }
        }
    }
}

impl Display for Shown {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        let lines = self.lines().into_iter().map(|(heading, text)| format!("{heading:<15}{}", printable(&text)));
        f.write_str(&lines.collect::<Vec<_>>().join("\n"))
    }
}

/// Shows a user.
///
/// # Errors
/// [`CommandError`].
pub async fn show(common: &Common, user: &str) -> Result<(), CommandError> {
    let opened = common.open().await?;
    let user = get_user(&opened, user).await?;
    let details = Hands::new(&opened).operator().show(user.id).await?;
    common.output.line(&Shown::of(details))
}

/// The parts of an operator at the command line.
struct Hands<'a> {
    opened: &'a Opened,
    actor: Actor,
    client: ClientInfo,
}

impl<'a> Hands<'a> {
    fn new(opened: &'a Opened) -> Self {
        let client = ClientInfo {
            api: Api::Headless,
            ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user_agent: "latchkey".to_owned(),
            is_browser: false,
            has_tokens: false,
            trust: None,
            device: None,
        };
        Self { opened, actor: Actor::Command, client }
    }

    fn operator(&self) -> Operator<'_> {
        let Self { opened, actor, client } = self;
        Operator { app: opened.app(), actor, client, has_secret_key: opened.sealed().is_some() }
    }

    /// The operator for a change about which users get a mail.
    fn notifying_operator(&self) -> Operator<'_> {
        let operator = self.operator();
        if operator.settings.account.email_notifications && !operator.has_secret_key {
            eprintln!("latchkey: the user gets no mail about this, because SECRET_KEY is not set");
        }
        operator
    }
}

/// The report of a change of one user.
#[derive(Serialize)]
struct Changed {
    #[serde(flatten)]
    user: UserRow,
    #[serde(skip)]
    what: String,
}

impl Changed {
    fn new(user: &User, what: impl Into<String>) -> Self {
        Self { user: UserRow::of(user), what: what.into() }
    }
}

impl Display for Changed {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        let name = self.user.email.as_ref().or(self.user.username.as_ref()).unwrap_or(&self.user.id);
        write!(f, "{}: {}", printable(name), self.what)
    }
}

/// Creates a user. Reads the password from standard input if `has_password` is set.
///
/// # Errors
/// [`CommandError`].
pub async fn create(common: &Common, new: NewUser, has_password: bool) -> Result<(), CommandError> {
    let opened = common.open().await?;
    let password = if has_password { Some(read_password()?) } else { None };
    let user = Hands::new(&opened).operator().create(&NewUser { password, ..new }).await?;
    common.output.line(&Changed::new(&user, format!("created with the id {}.", user.id)))
}

/// Sets the password of a user, which is read from standard input.
///
/// # Errors
/// [`CommandError`].
pub async fn set_password(common: &Common, user: &str) -> Result<(), CommandError> {
    let opened = common.open().await?;
    let user = get_user(&opened, user).await?;
    let password = read_password()?;
    let user = Hands::new(&opened).notifying_operator().set_password(user.id, &password).await?;
    common.output.line(&Changed::new(&user, "the password is set, and all sessions have ended."))
}

/// Marks an address of a user as verified; without `email`, the primary one.
///
/// # Errors
/// [`CommandError`].
pub async fn verify_email(common: &Common, user: &str, email: Option<&str>) -> Result<(), CommandError> {
    let opened = common.open().await?;
    let user = get_user(&opened, user).await?;
    let user = Hands::new(&opened).operator().verify_email(user.id, email).await?;
    common.output.line(&Changed::new(&user, "the address is verified."))
}

/// Disables a user.
///
/// # Errors
/// [`CommandError`].
pub async fn disable(common: &Common, user: &str) -> Result<(), CommandError> {
    let opened = common.open().await?;
    let user = get_user(&opened, user).await?;
    let shown = user.display(&opened.app().settings);
    common.confirm(&format!("This disables {shown} and ends all their sessions. Continue?"))?;
    let user = Hands::new(&opened).operator().disable(user.id).await?;
    common.output.line(&Changed::new(&user, "disabled. All sessions have ended."))
}

/// Enables a user.
///
/// # Errors
/// [`CommandError`].
pub async fn enable(common: &Common, user: &str) -> Result<(), CommandError> {
    let opened = common.open().await?;
    let user = get_user(&opened, user).await?;
    let user = Hands::new(&opened).operator().enable(user.id).await?;
    common.output.line(&Changed::new(&user, "enabled."))
}

/// The report of `delete`.
#[derive(Serialize)]
struct Deleted {
    id: String,
    deleted: bool,
}

impl Display for Deleted {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        write!(f, "User {} is deleted.", self.id)
    }
}

/// Deletes a user. With the id of a user whose deletion was interrupted, deletes the rest.
///
/// # Errors
/// [`CommandError`].
pub async fn delete(common: &Common, user: &str) -> Result<(), CommandError> {
    let opened = common.open().await?;
    let (id, shown) = match (get_user(&opened, user).await, user.parse()) {
        (Ok(user), _) => (user.id, user.display(&opened.app().settings).to_owned()),
        (Err(CommandError::Refused(_)), Ok(id)) => (UserId(id), user.to_owned()),
        (Err(error), _) => return Err(error),
    };
    common.confirm(&format!("This deletes {shown} and everything that belongs to them. Continue?"))?;
    Hands::new(&opened).operator().delete(id).await?;
    common.output.line(&Deleted { id: id.to_string(), deleted: true })
}

/// Removes all second factors and passkeys of a user.
///
/// # Errors
/// [`CommandError`].
pub async fn reset_mfa(common: &Common, user: &str) -> Result<(), CommandError> {
    let opened = common.open().await?;
    let user = get_user(&opened, user).await?;
    let (shown, count) = (user.display(&opened.app().settings), user.authenticators.len());
    common.confirm(&format!("This removes all second factors and passkeys of {shown} ({count}). Continue?"))?;
    let user = Hands::new(&opened).notifying_operator().reset_mfa(user.id).await?;
    common.output.line(&Changed::new(&user, "the second factors are removed."))
}
