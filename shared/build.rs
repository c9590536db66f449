//! Converts data to the formats that are compiled into the crate.

use pem::Pem;
use std::error::Error;
use std::path::{Path, PathBuf};
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

const PROVIDERS: &str = "src/provider/providers.toml";
/// The names of Amazon's root certificates. AWS endpoints need no others.
const AMAZON: [&str; 2] = ["Amazon Root CA ", "Starfield Services Root Certificate Authority - G2"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={PROVIDERS}");
    let target = PathBuf::from(std::env::var("OUT_DIR")?);
    providers(&target)?;
    roots(&target)
}

/// Writes the table of providers as JSON. TOML is easier to edit, but a function with a TOML parser would start more
/// slowly.
fn providers(target: &Path) -> Result<(), Box<dyn Error>> {
    let table = toml::from_str::<toml::Table>(&std::fs::read_to_string(PROVIDERS)?)?;
    Ok(std::fs::write(target.join("providers.json"), serde_json::to_string(&table)?)?)
}

/// Writes Mozilla's root certificates as PEM, which the HTTP client needs, and Amazon's among them to a separate file.
fn roots(target: &Path) -> Result<(), Box<dyn Error>> {
    let all = || TLS_SERVER_ROOT_CERTS.iter().map(|certificate| certificate.as_ref());
    let amazon = pem(all().filter(|der| AMAZON.iter().any(|name| contains(der, name))));
    std::fs::write(target.join("amazon.pem"), pem::encode_many(&amazon))?;
    std::fs::write(target.join("mozilla.pem"), pem::encode_many(&pem(all())))?;
    if amazon.len() == 5 { Ok(()) } else { Err(format!("found {} of Amazon's 5 roots", amazon.len()).into()) }
}

fn pem<'a>(certificates: impl Iterator<Item = &'a [u8]>) -> Vec<Pem> {
    certificates.map(|der| Pem::new("CERTIFICATE", der)).collect()
}

fn contains(der: &[u8], name: &str) -> bool {
    der.windows(name.len()).any(|part| part == name.as_bytes())
}
