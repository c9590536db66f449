//! What an email address looks like: Django's `EmailValidator`, whose verdicts clients know.

use std::net::IpAddr;

/// Whether this is one email address, and nothing besides (CVE-2022-35924).
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    text.chars().count() <= 320 && is_local_part(local) && is_domain(domain)
}

fn is_local_part(local: &str) -> bool {
    is_dot_atom(local) || is_quoted(local)
}

fn is_dot_atom(local: &str) -> bool {
    let in_atom = |c: char| c.is_ascii_alphanumeric() || "-!#$%&'*+/=?^_`{}|~".contains(c);
    local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(in_atom))
}

/// `"…"` with visible ASCII in it; a quote or a backslash only behind a backslash.
fn is_quoted(local: &str) -> bool {
    let Some(inside) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return false };
    let mut letters = inside.chars();
    while let Some(letter) = letters.next() {
        let fine = match letter {
            '\\' => letters.next().is_some_and(|next| matches!(next, ' '..='~')),
            '"' => false,
            '\n' | '\r' | '\t' | '\0' | ' ' => false,
            other => other.is_ascii(),
        };
        if !fine {
            return false;
        }
    }
    true
}

fn is_domain(domain: &str) -> bool {
    if domain.eq_ignore_ascii_case("localhost") {
        return true;
    }
    if let Some(literal) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return literal.parse::<IpAddr>().is_ok();
    }
    // Labels of letters (any script's), digits and inner hyphens; the last of two letters or more.
    let labels = domain.split('.').collect::<Vec<_>>();
    let Some((last, rest)) = labels.split_last() else { return false };
    !rest.is_empty() && rest.iter().all(|label| is_label(label)) && is_top_level(last)
}

fn in_label(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || ('\u{a1}'..='\u{ffff}').contains(&c)
}

fn is_label(label: &str) -> bool {
    let length = label.chars().count();
    (1..=63).contains(&length) && label.chars().all(in_label) && !label.starts_with('-') && !label.ends_with('-')
}

fn is_top_level(label: &str) -> bool {
    is_label(label) && label.chars().count() >= 2 && label.chars().any(|c| !c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::is_email;

    #[test]
    fn one_address_is_one_address() {
        for good in [
            "a@example.com",
            "first.last+tag@sub.example.co",
            "a@localhost",
            "a@[127.0.0.1]",
            "a@[::1]",
            "\"quoted\"@example.com",
            "o'brien@example.org",
            "a@müller.example",
            "a@xn--mller-kva.example",
        ] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "a@b",
            "a@@b.com",
            "a b@c.com",
            "@example.com",
            "a@example.com,b@example.com",
            "a@.com",
            "a@example.com\n",
            "a@-example.com",
            "a@example-.com",
            ".a@example.com",
            "a.@example.com",
            "a..b@c.com",
            "a@example.com b@example.com",
            "<a@example.com>",
            "a@example.c",
            "a@1.2.3.4",
            "a@[nonsense]",
            "a\u{0}@example.com",
            "a@exa mple.com",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
        assert!(!is_email(&format!("{}@example.com", "x".repeat(320))));
    }
}
