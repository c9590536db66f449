//! Creating users.

use super::Operator;
use super::addresses::read_email;
use super::change::Failure;
use crate::account::{
    Address, NameClaim, Phone, PhoneClaim, User, UserId, claim_email, find_email_claims, find_name_claims,
    find_phone_claim, list_names, list_superuser, own_email, read_phone,
};
use crate::flow::Problem;
use crate::flow::signup::sign_up::username_problems;
use crate::outbox::MailKind;
use crate::store::{Again, Decision, Write};

/// A user to create.
#[derive(Debug, Clone, Default)]
pub struct NewUser {
    /// Email address.
    pub email: Option<String>,
    /// Username.
    pub username: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
    /// The password. Without it, the user sets one by a reset or an invitation.
    pub password: Option<String>,
    /// Whether address and phone number count as verified.
    pub is_verified: bool,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// The role.
    pub role: u32,
    /// Whether the user is a member of the staff.
    pub is_staff: bool,
    /// Whether the user is a superuser.
    pub is_superuser: bool,
    /// Whether to send a mail with a link to set a password.
    pub is_invited: bool,
}

impl Operator<'_> {
    /// Creates a user, with the rules of a signup.
    ///
    /// # Errors
    /// [`Failure::Invalid`] if the input is invalid, or if another user has the address, username or phone number;
    /// [`Failure`].
    pub async fn create(&self, new: &NewUser) -> Result<User, Failure> {
        let mut user = self.read_new(new)?;
        if let Some(password) = &new.password {
            self.check_password(password, &user)?;
            user.password = Some(self.hash_password(password.clone()).await);
        }
        let user = &user;
        let attempt = |(), _: Option<Again>| async move {
            let mut writes = self.claims_of_new(user).await?;
            writes.extend(list_names(None, user));
            writes.extend(list_superuser(&self.store, None, Some(user)).await??);
            if new.is_invited {
                writes.push(self.reset_link(user, MailKind::Invitation)?);
            }
            writes.push(Write::create(user)?);
            Ok::<_, Failure>(Decision::Write(writes, User { version: 1, ..user.clone() }, ()))
        };
        self.store.run((), attempt).await
    }

    /// Checks the input, as far as this is possible without the table.
    fn read_new(&self, new: &NewUser) -> Result<User, Failure> {
        let mut user = User::new(UserId::new(self.random()), self.now());
        let mut problems = Vec::new();
        if let Some(email) = &new.email {
            match read_email(email) {
                Ok(email) => {
                    let address = Address::new(&email, true, self.random());
                    user.addresses.push(Address { verified: new.is_verified, ..address });
                }
                Err(problem) => problems.push(problem),
            }
        }
        if let Some(phone) = &new.phone {
            match read_phone(phone) {
                Some(number) => user.phone = Some(Phone::new(&number, new.is_verified)),
                None => problems.push(Problem::field("phone", "invalid", "Enter a phone number with a country code.")),
            }
        }
        if let Some(username) = &new.username {
            problems.extend(username_problems(&self.settings, username));
            user.username = Some(self.cased(username));
        }
        if new.email.is_none() && new.phone.is_none() && new.username.is_none() {
            problems.push(Problem::required("email"));
        }
        user.first_name.clone_from(&new.first_name);
        user.last_name.clone_from(&new.last_name);
        user.role = new.role;
        user.is_staff = new.is_staff;
        user.is_superuser = new.is_superuser;
        if problems.is_empty() { Ok(user) } else { Err(Failure::Invalid(problems)) }
    }

    /// The username in the case that is stored.
    pub(super) fn cased(&self, username: &str) -> String {
        let keep = self.settings.account.preserve_username_casing;
        if keep { username.to_owned() } else { username.to_lowercase() }
    }

    /// The writes of a new user's claims.
    async fn claims_of_new(&self, user: &User) -> Result<Vec<Write>, Failure> {
        let (mut writes, mut problems) = (Vec::new(), Vec::new());
        let unique = self.settings.account.unique_email;
        for Address { email, verified, .. } in &user.addresses {
            let claims = find_email_claims(&self.store, email).await?;
            if unique && !claims.is_empty() {
                problems.push(Problem::email_taken("email"));
            } else if *verified {
                writes.extend(own_email(&claims, email, user.id, unique)?.map_err(|_| Problem::email_taken("email"))?);
            } else {
                writes.push(claim_email(&claims, email, user.id)?);
            }
        }
        if let Some(phone) = &user.phone {
            if find_phone_claim(&self.store, &phone.number).await?.is_some() {
                let message = "A user is already registered with this phone number.";
                problems.push(Problem::field("phone", "phone_taken", message));
            }
            writes.push(Write::create(&PhoneClaim::new(&phone.number, user.id))?);
        }
        if let Some(username) = &user.username {
            problems.extend(self.find_other(username, user.id).await?);
            writes.push(Write::create(&NameClaim::new(username, user.id))?);
        }
        if problems.is_empty() { Ok(writes) } else { Err(Failure::Invalid(problems)) }
    }

    /// The problem that another user has this username.
    pub(super) async fn find_other(&self, username: &str, id: UserId) -> Result<Option<Problem>, Failure> {
        let claims = find_name_claims(&self.store, &[username]).await?;
        let is_taken = claims.iter().flatten().any(|claim| claim.user != id);
        let message = "A user with that username already exists.";
        Ok(is_taken.then(|| Problem::field("username", "username_taken", message)))
    }
}
