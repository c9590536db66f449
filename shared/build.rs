//! Turns the table of providers into JSON: TOML is for people to write, and its parser no part of a function, which
//! has to start soon.

use std::error::Error;
use std::path::PathBuf;

const SOURCE: &str = "src/provider/providers.toml";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={SOURCE}");
    let table = toml::from_str::<toml::Table>(&std::fs::read_to_string(SOURCE)?)?;
    let target = PathBuf::from(std::env::var("OUT_DIR")?).join("providers.json");
    std::fs::write(target, serde_json::to_string(&table)?)?;
    Ok(())
}
