//! Codes that are sent to users: creating them, counting attempts, and sending them again. The rules of each kind of
//! code are in [`CodeKind`].

use crate::account::{User, UserId};
use crate::flow::{Context, Refusal};
use crate::secret;
use crate::secret::Keys;
use crate::session::{Caller, CodeKind, CodeProcess, Session};
use crate::store::{Item, Store, Write};
use crate::versions::Unknown;

/// The recipient of a code.
pub(in crate::flow) enum Recipient<'a> {
    Email(&'a str),
    Phone(&'a str),
}

/// Creates a code, and the process that waits for it.
pub(in crate::flow) fn begin(
    cx: Context<'_>,
    kind: CodeKind,
    user: Option<UserId>,
    to: &Recipient<'_>,
) -> (CodeProcess, String) {
    let (email, phone) = match to {
        Recipient::Email(email) => (Some((*email).to_owned()), None),
        Recipient::Phone(phone) => (None, Some((*phone).to_owned())),
    };
    let mut process = CodeProcess {
        id: String::new(),
        code: String::new(),
        email,
        phone,
        user,
        at: cx.now(),
        attempts: 0,
        resends: 0,
        changes: 0,
        asked_for: false,
        is_decoy: false,
        confirmed: false,
        unknown: Unknown::default(),
    };
    let code = renew(cx, kind, &mut process);
    (process, code)
}

/// Gives the process a new code. The old code becomes invalid.
pub(in crate::flow) fn renew(cx: Context<'_>, kind: CodeKind, process: &mut CodeProcess) -> String {
    let code = secret::generate_code(kind.format(&cx.settings), &*cx.random);
    process.id = secret::encode(&cx.random::<12>());
    process.code = cx.keys.digest(kind.as_str(), &[process.id.as_bytes(), secret::normalize_code(&code).as_bytes()]);
    code
}

/// Whether this is the right code of an existing user. The attempt has to be counted before this is called.
pub(in crate::flow) fn is_right(keys: &Keys, kind: CodeKind, process: &CodeProcess, guess: &str) -> bool {
    let guess = secret::normalize_code(guess);
    let right = keys.is_digest(&process.code, kind.as_str(), &[process.id.as_bytes(), guess.as_bytes()]);
    right && process.user.is_some() && !process.is_decoy
}

/// Returns the process that waits for a code of this kind. An expired process is deleted.
pub(in crate::flow) async fn expect<'a>(
    cx: Context<'_>,
    caller: &'a Caller,
    kind: CodeKind,
) -> Result<&'a CodeProcess, Refusal> {
    let session = caller.session().ok_or(Refusal::Conflict)?;
    let process = session.code(kind).ok_or(Refusal::Conflict)?;
    if process.is_expired(kind, &cx.settings, cx.now()) {
        let mut cleared = session.clone();
        cleared.drop_code(kind);
        if kind != CodeKind::PasswordReset {
            cleared.clear_login();
        }
        cx.store.commit(vec![Write::replace(&cleared)?]).await?;
        return Err(Refusal::Conflict);
    }
    if process.has_attempts(kind, &cx.settings) { Ok(process) } else { Err(Refusal::Conflict) }
}

/// Finds the user who waits for a code of this kind after signing up, if they are allowed to change the recipient.
pub(in crate::flow) async fn find_changer(cx: Context<'_>, caller: &Caller, kind: CodeKind) -> Result<User, Refusal> {
    let process = expect(cx, caller, kind).await?;
    let id = process.user.filter(|_| process.changes < kind.max_changes(&cx.settings)).ok_or(Refusal::Conflict)?;
    let user = cx.store.find::<User>(&id.key()).await?;
    let login = caller.session().and_then(|session| session.login.as_ref());
    // If the generation of the account has changed since the login began, the login cannot change the account.
    let stands = |user: &User| login.is_some_and(|login| login.generation == user.generation);
    user.filter(|user| user.last_login.is_none() && stands(user)).ok_or(Refusal::Conflict)
}

/// Checks that the caller's session has not changed since it was read.
///
/// # Errors
/// [`Refusal::Conflict`] if another request has changed or ended it; the table is unavailable.
pub(super) async fn expect_unchanged(store: &Store, caller: &Caller) -> Result<(), Refusal> {
    let session = caller.session().ok_or(Refusal::Conflict)?;
    let now = store.find::<Session>(&session.key()).await?;
    if now.is_some_and(|now| now.version == session.version) { Ok(()) } else { Err(Refusal::Conflict) }
}

/// Counts an attempt before its code is compared (CVE-2026-27801). Returns the changed session.
pub(in crate::flow) async fn count(cx: Context<'_>, caller: &Caller, kind: CodeKind) -> Result<Session, Refusal> {
    let process = expect(cx, caller, kind).await?;
    let Some(session) = caller.session() else { return Err(Refusal::Conflict) };
    let most = kind.max_attempts(&cx.settings);
    let counted = cx.store.count_up(&session.key(), &["codes", kind.as_str()], &process.id, most).await?;
    counted.ok_or(Refusal::Conflict)
}

/// Gives back the attempt that [`count`] counted, because the code was right. If the write fails, the user has one
/// attempt less.
pub(in crate::flow) async fn give_back(
    store: &Store,
    mut session: Session,
    kind: CodeKind,
) -> Result<Session, Refusal> {
    if let Some(process) = session.code_mut(kind) {
        process.attempts = process.attempts.saturating_sub(1);
        store.commit(vec![Write::replace(&session)?]).await?;
        session.version += 1;
    }
    Ok(session)
}
