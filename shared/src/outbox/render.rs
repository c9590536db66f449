//! Rendering of mails and text messages.
//!
//! The templates are compiled in. An operator can replace a template with a file of the same relative name, such as
//! `mail/login_code.txt`, in a directory. The other templates stay in use. The frames (`mail/_base.txt`,
//! `mail/_base.html` and others) can be replaced in the same way.

use std::path::{Component, Path, PathBuf};
use std::{fs, io};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, Value};
use serde_json::Value as Json;
use strum::VariantArray;

use super::kind::{MailKind, SmsKind, template};

/// The templates that other templates extend or include.
const FRAMES: &[(&str, &str)] = &[
    template!("mail", "_base", ".txt"),
    template!("mail", "_base", ".html"),
    template!("mail", "_parts", ".html"),
    template!("mail", "_confirmation", ".txt"),
    template!("mail", "_confirmation", ".html"),
    template!("mail", "_notification", ".txt"),
    template!("mail", "_notification", ".html"),
];

/// Why a message could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The parameters are not a JSON object.
    #[error("the parameters of {0:?} are not an object")]
    NotAnObject(&'static str),
    /// The link or code is missing, without which the message is useless.
    #[error("{kind:?} needs the parameter {needs}")]
    Missing {
        /// The message's kind.
        kind: &'static str,
        /// The parameter's name, or several with "or" between them.
        needs: String,
    },
    /// The directory of replaced templates cannot be read.
    #[error("templates directory {}: {source}", path.display())]
    Directory {
        /// The directory as configured.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A template is invalid. This is always a replaced one, because tests cover the compiled-in templates.
    #[error("template {name:?}: {source}")]
    Template {
        /// The name of the template at fault, which can be a frame of the message's own template.
        name: String,
        /// The error in the template.
        source: Error,
    },
}

/// The content of a mail, without addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedMail {
    /// The subject, on one line, with its prefix.
    pub subject: String,
    /// The plain text, with lines that end in `\n`.
    pub text: String,
    /// The same text as HTML.
    pub html: String,
}

/// Renders messages from their kinds and parameters.
#[derive(Debug)]
pub struct Renderer {
    env: Environment<'static>,
    subject_prefix: String,
}

impl Renderer {
    /// Creates a renderer that first searches `dir` for templates.
    ///
    /// `subject_prefix` is put before each subject without a change. `product` is the name of the service in the texts.
    /// Templates are read when they are first used, and then cached.
    ///
    /// # Errors
    ///
    /// `dir` is not a readable directory. This is reported at startup and not at the first mail.
    pub fn new(dir: Option<PathBuf>, subject_prefix: String, product: String) -> Result<Self, RenderError> {
        if let Some(path) = &dir {
            fs::read_dir(path).map_err(|source| RenderError::Directory { path: path.clone(), source })?;
        }
        let mut env = Environment::new();
        env.set_syntax(syntax().map_err(|source| template_error("", source))?);
        env.set_auto_escape_callback(|name| match name.ends_with(".html") {
            true => AutoEscape::Html,
            false => AutoEscape::None,
        });
        env.set_formatter(escape);
        env.add_filter("shorten", shorten);
        env.add_global("product", one_line(&product));
        env.set_loader(move |name| load(dir.as_deref(), name));
        Ok(Self { env, subject_prefix })
    }

    /// Renders the mail `kind`.
    ///
    /// # Errors
    ///
    /// `params` is not an object, the required link or code is missing, or a template is invalid.
    pub fn mail(&self, kind: MailKind, params: &Json) -> Result<RenderedMail, RenderError> {
        let mut context = context(kind.as_str(), kind.needs(), params)?;
        let kind = kind.as_str();
        let subject = one_line(&self.render(format!("mail/{kind}.subject.txt"), &context)?);
        let text = tidy(&self.render(format!("mail/{kind}.txt"), &context)?);
        // The HTML needs a title.
        context.insert("subject".to_owned(), Json::String(subject.clone()));
        let html = self.render(format!("mail/{kind}.html"), &context)?;
        Ok(RenderedMail {
            subject: one_line(&format!("{}{subject}", self.subject_prefix)),
            text,
            html: format!("{}\n", html.trim()),
        })
    }

    /// Renders the text message `kind`, without a line break at its end.
    ///
    /// # Errors
    ///
    /// As [`Renderer::mail`].
    pub fn sms(&self, kind: SmsKind, params: &Json) -> Result<String, RenderError> {
        let context = context(kind.as_str(), kind.needs(), params)?;
        let text = tidy(&self.render(format!("sms/{}.txt", kind.as_str()), &context)?);
        Ok(text.trim_end().to_owned())
    }

    fn render(&self, name: String, context: &Context) -> Result<String, RenderError> {
        self.env
            .get_template(&name)
            .and_then(|template| template.render(Serde(context)))
            .map_err(|source| template_error(&name, source))
    }
}

type Context = serde_json::Map<String, Json>;

/// Checks that the parameters contain what `kind` needs, and puts each text on one line.
fn context(kind: &'static str, needs: &[&str], params: &Json) -> Result<Context, RenderError> {
    let Json::Object(params) = params else {
        return Err(RenderError::NotAnObject(kind));
    };
    // A null counts as a missing parameter. Otherwise it would be printed as "none".
    let context: Context =
        params.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.clone(), clean(value))).collect();
    let given = |name: &&str| context.get(*name).is_some_and(|value| value != "");
    if !needs.is_empty() && !needs.iter().any(given) {
        return Err(RenderError::Missing { kind, needs: needs.join(" or ") });
    }
    Ok(context)
}

/// Puts each text on one line. Some parameters come from strangers, such as a name or a user agent. On one line, they
/// cannot add a paragraph, or a link on a separate line that looks like one of the service.
fn clean(value: &Json) -> Json {
    match value {
        Json::String(text) => Json::String(one_line(text)),
        Json::Array(items) => items.iter().map(clean).collect(),
        Json::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), clean(value))).collect(),
        other => other.clone(),
    }
}

/// Puts `text` on one line. White space and control characters become single spaces, and characters that change the
/// direction of the text are removed.
fn one_line(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .map(|word| word.replace(turns, ""))
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Normalizes the white space of a plain text: no blanks at the end of a line, at most one empty line in a row, and one
/// line break at the end. So templates do not have to take care of this.
fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut empty = false;
    for line in text.trim().lines().map(str::trim_end) {
        if !(line.is_empty() && empty) {
            tidied.push_str(line);
            tidied.push('\n');
        }
        empty = line.is_empty();
    }
    tidied
}

/// A line that contains only tags leaves no line in the result.
fn syntax() -> Result<SyntaxConfig, Error> {
    SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()
}

/// The filter `shorten(n)`: at most `n` characters, with "…" in place of the rest.
fn shorten(value: Value, length: usize) -> String {
    let text = value.to_string();
    match text.char_indices().nth(length) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Writes a value, escaped if the template is HTML.
///
/// minijinja also writes `/` as a character reference. That is correct HTML, but spam filters treat such a link as an
/// attempt to hide its target.
fn escape(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    if value.is_undefined() || value.is_none() {
        return Ok(());
    }
    let text = value.to_string();
    if value.is_safe() || !matches!(state.auto_escape(), AutoEscape::Html) {
        return out.write_str(&text).map_err(Error::from);
    }
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    out.write_str(&escaped).map_err(Error::from)
}

/// Finds the template `name` in the directory, or else among the compiled-in ones.
fn load(dir: Option<&Path>, name: &str) -> Result<Option<String>, Error> {
    let relative = Path::new(name);
    let inside = relative.components().all(|part| matches!(part, Component::Normal(_)));
    if let Some(dir) = dir
        && inside
    {
        match fs::read_to_string(dir.join(relative)) {
            Ok(text) => return Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                let message = format!("{name}: {error}");
                return Err(Error::new(ErrorKind::InvalidOperation, message).with_source(error));
            }
        }
    }
    let mails = MailKind::VARIANTS.iter().flat_map(|kind| kind.files());
    let texts = SmsKind::VARIANTS.iter().flat_map(|kind| kind.files());
    let built_in = mails.chain(texts).chain(FRAMES).find(|(file, _)| *file == name);
    Ok(built_in.map(|(_, text)| (*text).to_owned()))
}

/// Creates an error with the name of the innermost template that is involved.
fn template_error(name: &str, source: Error) -> RenderError {
    let mut at_fault = source.name().unwrap_or(name);
    let mut cause = std::error::Error::source(&source);
    while let Some(error) = cause {
        if let Some(inner) = error.downcast_ref::<Error>() {
            at_fault = inner.name().unwrap_or(at_fault);
        }
        cause = error.source();
    }
    RenderError::Template { name: at_fault.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const URL: &str = "https://app.example/verify-email/Mg%3Awx%3A_k-9?next=%2Fa&lang=en";

    fn renderer() -> Renderer {
        in_dir(None)
    }

    fn in_dir(dir: Option<&Path>) -> Renderer {
        let dir = dir.map(Path::to_path_buf);
        Renderer::new(dir, "[Acme] ".to_owned(), "Acme & Co".to_owned()).unwrap()
    }

    /// A directory with `files`, which is deleted when this is dropped.
    struct Dir(PathBuf);

    impl Dir {
        fn new(name: &str, files: &[(&str, &str)]) -> Self {
            let unique = format!("latchkey-render-{}-{name}", std::process::id());
            let dir = std::env::temp_dir().join(unique);
            for (file, text) in files {
                let path = dir.join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            Self(dir)
        }
    }

    impl Drop for Dir {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// All parameters, except that a confirmation has either a link or a code.
    fn everything() -> Json {
        json!({
            "user_display": "Ada", "username": "ada", "signup_url": URL, "password_reset_url": URL,
            "timestamp": "2026-03-01 10:00:00 UTC", "ip": "2001:db8::1", "user_agent": "Browser/1.0",
            "from_email": "old@example.com", "to_email": "new@example.com",
            "deleted_email": "gone@example.com", "email": "ada@example.com", "provider": "Example",
        })
    }

    fn with(name: &str, value: &str) -> Json {
        let mut params = everything();
        params[name] = json!(value);
        params
    }

    /// The text that a reader of the HTML sees, without differences of white space.
    fn words(html: &str) -> String {
        let body = html.split_once("<body").unwrap().1.split_once('>').unwrap().1;
        let mut seen = String::new();
        for piece in body.split('<') {
            seen.push_str(piece.split_once('>').map_or(piece, |(_, text)| text));
            seen.push(' ');
        }
        one_line(&seen)
            .replace("&#39;", "'")
            .replace("&quot;", "\"")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&")
    }

    #[test]
    fn every_mail_renders_with_and_without_its_optional_parameters() {
        for kind in MailKind::VARIANTS {
            let needs: &[&str] = if kind.needs().is_empty() { &[""] } else { kind.needs() };
            for need in needs {
                let value = if *need == "url" { URL } else { "K7QX-M2PD" };
                for params in [json!({ *need: value }), with(need, value)] {
                    let mail = renderer().mail(*kind, &params).unwrap();
                    assert!(mail.subject.starts_with("[Acme] "), "{mail:?}");
                    assert!(mail.text.starts_with("Hello,\n\n"), "{}", mail.text);
                    assert!(mail.text.ends_with(" Acme & Co.\n"), "{}", mail.text);
                    assert!(!mail.text.contains("\n\n\n"), "{}", mail.text);
                    assert!(mail.text.lines().all(|line| line.len() < 78), "{}", mail.text);
                    assert!(mail.html.starts_with("<!doctype html>\n<html lang=\"en\">"));
                    assert!(!mail.html.contains("none") && !mail.html.contains("src="));
                    if !need.is_empty() {
                        assert!(mail.text.lines().any(|line| line == value), "{}", mail.text);
                    }
                }
            }
        }
    }

    #[test]
    fn html_and_text_say_the_same() {
        for kind in MailKind::VARIANTS {
            for need in if kind.needs().is_empty() { &[""] } else { kind.needs() } {
                let value = if *need == "url" { URL } else { "K7QX-M2PD" };
                let mail = renderer().mail(*kind, &with(need, value)).unwrap();
                let html = words(&mail.html);
                for line in mail.text.lines() {
                    assert!(html.contains(&one_line(line)), "{line:?} is not in {html:?}");
                }
            }
        }
    }

    /// Subject, text and HTML of each mail, in a file for each under `snapshots`.
    #[test]
    fn every_mail_is_as_it_was_reviewed() {
        for kind in MailKind::VARIANTS {
            let needs: &[&str] = if kind.needs().is_empty() { &["words"] } else { kind.needs() };
            for need in needs {
                let value = if *need == "url" { URL } else { "K7QX-M2PD" };
                let RenderedMail { subject, text, html } = renderer().mail(*kind, &with(need, value)).unwrap();
                let mail = format!("Subject: {subject}\n\n{text}\n{html}");
                insta::assert_snapshot!(format!("{}_by_{need}", kind.as_str()).replace("_by_words", ""), mail);
            }
        }
    }

    #[test]
    fn every_text_message_is_as_it_was_reviewed() {
        let text = |kind: &SmsKind| {
            let text = renderer().sms(*kind, &json!({ "code": "123456" })).unwrap();
            format!("{}:\n{text}\n", kind.as_str())
        };
        insta::assert_snapshot!("text_messages", SmsKind::VARIANTS.iter().map(text).collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn each_text_message_has_at_most_160_characters() {
        for kind in SmsKind::VARIANTS {
            let text = renderer().sms(*kind, &json!({ "code": "123456" })).unwrap();
            assert!(text.is_ascii() && text.len() <= 160, "{text}");
            assert!(text.contains("Acme & Co"), "{text}");
            let code = text.lines().any(|line| line == "123456");
            assert_eq!(code, kind.needs() == ["code"], "{text}");
        }
    }

    #[test]
    fn text_and_html_contain_the_whole_link() {
        let mail = renderer().mail(MailKind::PasswordResetKey, &json!({ "url": URL }));
        let mail = mail.unwrap();
        assert!(mail.text.contains(&format!("\n\n{URL}\n\n")));
        let escaped = URL.replace('&', "&amp;");
        assert!(mail.html.contains(&format!("<a href=\"{escaped}\">")));
    }

    #[test]
    fn markup_in_a_name_is_escaped_in_html_and_left_in_text() {
        let mut params = with("code", "123456");
        params["user_display"] = json!("<script>alert('\"')</script> & Co");
        let mail = renderer().mail(MailKind::EmailConfirmation, &params).unwrap();
        assert!(!mail.html.contains("<script"), "{}", mail.html);
        let escaped = "&lt;script&gt;alert(&#39;&quot;&#39;)&lt;/script&gt; &amp; Co";
        assert!(mail.html.contains(escaped), "{}", mail.html);
        assert!(mail.text.contains("<script>alert('\"')</script> & Co"));
    }

    #[test]
    fn a_parameter_cannot_add_a_line() {
        let mut params = with("code", "123456");
        params["user_display"] = json!("Ada\r\n\r\nhttps://evil.example\u{2028}\u{202e}x\u{0}");
        let mail = renderer().mail(MailKind::EmailConfirmation, &params).unwrap();
        assert!(mail.text.contains("the name Ada https://evil.example x."));

        let files = [("mail/login_code.subject.txt", "For {{ who }}\n  now")];
        let dir = Dir::new("subject", &files);
        let params = json!({ "code": "1", "who": "a\r\nBcc: b@example.com" });
        let mail = in_dir(Some(&dir.0)).mail(MailKind::LoginCode, &params).unwrap();
        assert_eq!(mail.subject, "[Acme] For a Bcc: b@example.com now");
    }

    #[test]
    fn long_names_are_cut() {
        let mut params = with("code", "123456");
        params["user_display"] = json!("é".repeat(5000));
        let mail = renderer().mail(MailKind::EmailConfirmation, &params).unwrap();
        assert!(mail.text.contains(&format!("{}…", "é".repeat(100))));
        assert!(mail.text.len() < 1000);
    }

    #[test]
    fn a_directory_replaces_single_files_and_frames() {
        let files = [
            ("mail/login_code.subject.txt", "Hoi\n"),
            ("mail/_base.txt", "{% block content %}{% endblock %}\nBye\n"),
            ("sms/login_code.txt", "Uw code: {{ code }}{{ no | shorten(3) }}\n"),
        ];
        let dir = Dir::new("replace", &files);
        let renderer = in_dir(Some(&dir.0));
        let params = json!({ "code": "123456" });
        let mail = renderer.mail(MailKind::LoginCode, &params).unwrap();
        assert_eq!(mail.subject, "[Acme] Hoi");
        assert!(mail.text.starts_with("To sign in") && mail.text.ends_with("\nBye\n"));
        assert!(mail.html.contains("<title>Hoi</title>"));
        let text = renderer.sms(SmsKind::LoginCode, &params).unwrap();
        assert_eq!(text, "Uw code: 123456");
    }

    #[test]
    fn broken_templates_are_errors_with_their_name() {
        let files = [
            ("mail/login_code.txt", "{% if %}"),
            ("mail/_notification.html", "{{ nothing.at.all }}"),
            ("sms/login_code.txt", "{% extends 'sms/absent.txt' %}"),
            ("sms/verification_code.txt", "{% include '../../etc/passwd' %}"),
        ];
        let dir = Dir::new("broken", &files);
        fs::write(dir.0.join("mail/password_reset_code.txt"), b"\xff\xfe").unwrap();
        let renderer = in_dir(Some(&dir.0));
        let params = json!({ "code": "SECRET" });
        let name = |error: RenderError| {
            assert!(!error.to_string().contains("SECRET"), "{error}");
            match error {
                RenderError::Template { name, .. } => name,
                other => panic!("{other}"),
            }
        };
        let mail = |kind| name(renderer.mail(kind, &params).unwrap_err());
        assert_eq!(mail(MailKind::LoginCode), "mail/login_code.txt");
        assert_eq!(mail(MailKind::PasswordSet), "mail/_notification.html");
        assert_eq!(mail(MailKind::PasswordResetCode), "mail/password_reset_code.txt");
        let sms = |kind| name(renderer.sms(kind, &params).unwrap_err());
        assert_eq!(sms(SmsKind::LoginCode), "sms/login_code.txt");
        assert_eq!(sms(SmsKind::VerificationCode), "sms/verification_code.txt");
        // The other templates still work.
        assert!(renderer.mail(MailKind::UnknownAccount, &params).is_ok());
    }

    #[test]
    fn wrong_parameters_are_errors() {
        let renderer = renderer();
        let mail = |kind, params: &Json| renderer.mail(kind, params).unwrap_err().to_string();
        assert_eq!(
            mail(MailKind::EmailConfirmation, &json!({ "code": null, "url": "" })),
            "\"email_confirmation\" needs the parameter url or code"
        );
        assert_eq!(mail(MailKind::LoginCode, &json!([])), "the parameters of \"login_code\" are not an object");
        let dir = PathBuf::from("/nonexistent/templates");
        let error = Renderer::new(Some(dir), String::new(), String::new()).unwrap_err();
        let expected = "templates directory /nonexistent/templates: ";
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}
