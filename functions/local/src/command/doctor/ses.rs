//! Checks of Amazon SES: the account, the sender's identity and the configuration set.

use crate::command::aws;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::operation::get_account::GetAccountOutput;
use aws_sdk_sesv2::operation::get_email_identity::GetEmailIdentityOutput;
use aws_sdk_sesv2::types::{DkimStatus, SuppressionListReason};
use shared::report::Check;
use shared::settings::Settings;

const ACCOUNT: &str = "ses_account";
const IDENTITY: &str = "ses_identity";

/// Checks what the mailer needs to send mails.
pub(super) async fn check(settings: &Settings) -> Vec<Check> {
    let client = match aws::config(&settings.service).await {
        Ok((config, _)) => Client::new(&config),
        Err(error) => return vec![Check::error(ACCOUNT, error.to_string(), "give access to AWS")],
    };
    let (account, identity, set) = tokio::join!(
        client.get_account().send(),
        identity(&client, address(&settings.mail.from)),
        configuration_set(&client, settings.mail.configuration_set.as_deref()),
    );
    let account = match account {
        Ok(account) => check_account(&account),
        Err(error) => vec![unknown(ACCOUNT, &error, "ses:GetAccount")],
    };
    [account, identity, set.into_iter().collect()].concat()
}

/// Returns the address of `Name <address>`.
fn address(sender: &str) -> &str {
    let address = sender.rsplit_once('<').map_or(sender, |(_, address)| address);
    address.trim().trim_end_matches('>')
}

fn check_account(account: &GetAccountOutput) -> Vec<Check> {
    let mut checks = Vec::new();
    if !account.sending_enabled() {
        let status = account.enforcement_status().unwrap_or("unknown");
        let what = format!("sending is paused (status {status}), so no mail arrives");
        checks.push(Check::error(ACCOUNT, what, "read the account health in the SES console, and answer AWS there"));
    }
    if !account.production_access_enabled() {
        let what = "the account is in the sandbox: only verified addresses get mails";
        checks.push(Check::error(ACCOUNT, what, "request production access in the SES console"));
    }
    if let Some(quota) = account.send_quota() {
        let (sent, most) = (quota.sent_last24_hours(), quota.max24_hour_send());
        // -1 means that there is no limit.
        if most > 0.0 && sent > most * 0.8 {
            let what = format!("{sent} of {most} mails of the daily quota are used");
            checks.push(Check::warning(ACCOUNT, what, "request a higher quota in the SES console"));
        }
    }
    if checks.is_empty() {
        checks.push(Check::ok(ACCOUNT, "sends to everybody"));
    }
    checks.push(suppression(account));
    checks
}

/// Checks that SES stops sending to addresses that bounce or complain.
fn suppression(account: &GetAccountOutput) -> Check {
    const NAME: &str = "ses_suppression";
    let on = account.suppression_attributes().map(|it| it.suppressed_reasons()).unwrap_or_default();
    let missing = [SuppressionListReason::Bounce, SuppressionListReason::Complaint];
    let missing = missing.iter().filter(|reason| !on.contains(reason)).map(SuppressionListReason::as_str);
    let missing = missing.collect::<Vec<_>>().join(" and ");
    if missing.is_empty() {
        return Check::ok(NAME, "the suppression list is on for BOUNCE and COMPLAINT");
    }
    let what = format!("the suppression list is off for {missing}: repeated mails to such addresses pause the account");
    Check::warning(NAME, what, "turn on the account-level suppression list in the SES console")
}

/// Checks the identity of the sender: the address itself, or its domain or a parent of it.
async fn identity(client: &Client, sender: &str) -> Vec<Check> {
    let domain = sender.rsplit_once('@').map_or(sender, |(_, domain)| domain);
    let domains = std::iter::successors(Some(domain), |domain| domain.split_once('.').map(|(_, parent)| parent));
    let names = std::iter::once(sender).chain(domains.filter(|domain| domain.contains('.')));
    for name in names {
        match client.get_email_identity().email_identity(name).send().await {
            Ok(identity) => return check_identity(name, &identity),
            Err(error) if error.as_service_error().is_some_and(|it| it.is_not_found_exception()) => {}
            Err(error) => return vec![unknown(IDENTITY, &error, "ses:GetEmailIdentity")],
        }
    }
    let what = format!("neither {sender} nor its domain is an identity in this account and region");
    vec![Check::error(IDENTITY, what, "create the identity in SES, or correct DEFAULT_FROM_EMAIL")]
}

fn check_identity(name: &str, identity: &GetEmailIdentityOutput) -> Vec<Check> {
    const DKIM: &str = "ses_dkim";
    let verified = match identity.verified_for_sending_status() {
        true => Check::ok(IDENTITY, format!("{name} is verified")),
        false => {
            let advice = "add the DNS records that SES shows for it, or open the link in the mail of SES";
            Check::error(IDENTITY, format!("{name} is not verified, so SES sends nothing"), advice)
        }
    };
    let dkim = identity.dkim_attributes();
    let is_signed = dkim.is_some_and(|it| it.signing_enabled() && it.status() == Some(&DkimStatus::Success));
    let dkim = match is_signed {
        true => Check::ok(DKIM, format!("mails of {name} are signed")),
        false => {
            let status = dkim.and_then(|dkim| dkim.status()).map_or("off", DkimStatus::as_str);
            let what = format!("mails of {name} are not signed (status {status}), so they can end up as spam");
            Check::warning(DKIM, what, "turn on Easy DKIM for the identity, and add its DNS records")
        }
    };
    vec![verified, dkim]
}

/// Checks the configuration set that mails name. SES refuses mails that name one that does not exist.
async fn configuration_set(client: &Client, name: Option<&str>) -> Option<Check> {
    const NAME: &str = "ses_configuration_set";
    let name = name?;
    let advice = "correct LATCHKEY_SES_CONFIGURATION_SET, or deploy the template again";
    Some(match client.get_configuration_set().configuration_set_name(name).send().await {
        Ok(set) if set.sending_options().is_some_and(|options| !options.sending_enabled()) => {
            Check::error(NAME, format!("{name} does not send"), "enable sending for the configuration set")
        }
        Ok(_) => Check::ok(NAME, format!("{name} exists")),
        Err(error) if error.as_service_error().is_some_and(|it| it.is_not_found_exception()) => {
            Check::error(NAME, format!("there is no {name}, so SES refuses every mail"), advice)
        }
        Err(error) => unknown(NAME, &error, "ses:GetConfigurationSet"),
    })
}

fn unknown<E: ProvideErrorMetadata, R>(name: &'static str, error: &SdkError<E, R>, permission: &str) -> Check {
    let code = error.code().unwrap_or("no answer");
    Check::warning(name, format!("unknown: {code}"), format!("grant {permission}"))
}
