//! Identity providers, and accounts at them.

use super::account::{EmailAddress, User};
use crate::account::{IdentityLink, User as Account};
use crate::app::App;
use crate::flow::proven_identity::ProvenIdentity;
use crate::provider::{DUMMY, configuration_url};
use crate::settings::ClientKind;
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;

/// An identity provider.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Provider<'a> {
    /// Its id.
    id: Cow<'a, str>,
    /// The name to show for it.
    name: Cow<'a, str>,
    /// The flows that it supports.
    flows: Vec<ProviderFlow>,
    /// The client id of OAuth 2.0 and OpenID Connect.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    client_id: Option<Cow<'a, str>>,
    /// The address of the discovery document of OpenID Connect.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "uri"))]
    openid_configuration_url: Option<String>,
}

/// How a provider can log users in.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ProviderFlow {
    /// The browser is redirected to the provider.
    ProviderRedirect,
    /// The app has a token of the provider.
    ProviderToken,
}

impl<'a> Provider<'a> {
    /// Returns a provider. If it is no longer configured, only its id is left.
    pub fn new(app: &'a App, id: &'a str) -> Self {
        let Some(config) = app.settings.social.providers.named(id) else {
            let is_dummy = id == DUMMY && app.has_dummy_provider;
            return Self {
                id: id.into(),
                name: if is_dummy { "Dummy" } else { id }.into(),
                flows: flows(is_dummy, is_dummy),
                client_id: None,
                openid_configuration_url: None,
            };
        };
        let url = config.is_openid_connect().then(|| configuration_url(config).ok()).flatten();
        Self {
            id: id.into(),
            name: config.name().into(),
            flows: flows(config.supports_redirect(), config.supports_token_authentication()),
            client_id: Some(config.client_id().into()),
            openid_configuration_url: url,
        }
    }

    /// Returns all providers, whichever flows they support.
    pub fn list(app: &'a App) -> Vec<Self> {
        let ids = app.settings.social.providers.apps.iter().map(|config| config.id());
        let dummy = app.has_dummy_provider.then_some(DUMMY);
        ids.chain(dummy).map(|id| Self::new(app, id)).collect()
    }

    /// Returns the same provider without borrowed data.
    pub(super) fn into_owned<'b>(self) -> Provider<'b> {
        Provider {
            id: self.id.into_owned().into(),
            name: self.name.into_owned().into(),
            flows: self.flows,
            client_id: self.client_id.map(|id| id.into_owned().into()),
            openid_configuration_url: self.openid_configuration_url,
        }
    }
}

fn flows(redirect: bool, token: bool) -> Vec<ProviderFlow> {
    let redirect = redirect.then_some(ProviderFlow::ProviderRedirect);
    redirect.into_iter().chain(token.then_some(ProviderFlow::ProviderToken)).collect()
}

/// A provider and the flows that it supports.
pub(super) struct Offered<'a> {
    pub id: &'a str,
    pub redirect: bool,
    pub token: bool,
}

/// The providers that this kind of client can use.
pub(super) fn offered_providers(app: &App, client: ClientKind) -> Vec<Offered<'_>> {
    let configured = app.settings.social.providers.apps.iter().map(|config| Offered {
        id: config.id(),
        redirect: config.supports_redirect(),
        token: config.supports_token_authentication(),
    });
    let dummy = app.has_dummy_provider.then_some(Offered { id: DUMMY, redirect: true, token: true });
    let usable = |it: &Offered<'_>| if client == ClientKind::App { it.token } else { it.redirect };
    configured.chain(dummy).filter(usable).collect()
}

/// An account at a provider that is connected to the user.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ProviderAccount<'a> {
    /// The account's id at the provider.
    uid: &'a str,
    /// The provider.
    provider: Provider<'a>,
    /// The name to show for the account.
    display: &'a str,
}

impl<'a> ProviderAccount<'a> {
    /// Returns the accounts that are connected to a user.
    pub fn list(app: &'a App, user: &'a Account) -> Vec<Self> {
        let row = |link: &'a IdentityLink| Self {
            uid: &link.uid,
            provider: Provider::new(app, &link.provider),
            display: &link.display,
        };
        user.identities.iter().map(row).collect()
    }
}

/// The data of a signup through a provider.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct ProviderSignup<'a> {
    /// The user that the signup will create.
    user: User<'a>,
    /// The account at the provider.
    account: ProviderAccount<'a>,
    /// The email addresses that the provider reported.
    email: Vec<EmailAddress<'a>>,
}

impl<'a> ProviderSignup<'a> {
    /// Returns the data of this identity.
    pub fn new(app: &'a App, who: &'a ProvenIdentity) -> Self {
        let identity = &who.identity;
        let with_username = app.settings.account.username_field.is_some();
        let username = identity.username.as_deref().filter(|name| with_username && !name.is_empty());
        let email = identity.emails.first().map(|address| address.email.as_str());
        let display = username.or(email).unwrap_or("user");
        let addresses = identity.emails.iter();
        Self {
            user: User { id: None, display, has_usable_password: false, email: None, username },
            account: ProviderAccount {
                uid: &identity.subject,
                provider: Provider::new(app, &who.provider),
                display: &who.display,
            },
            email: addresses.map(|it| EmailAddress::new(&it.email, it.verified, it.primary)).collect(),
        }
    }
}
