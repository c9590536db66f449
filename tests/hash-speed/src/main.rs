//! Without arguments: prints the CPU time of one password hash in this build, in milliseconds.
//!
//! With the path of a reference build: compares both, and fails if this build is slower than it should be.

use hash_speed::{Failure, compare, least_cpu};
use std::path::Path;
use std::process::ExitCode;

/// How much longer than the reference a hash may take. The two should be within 5 %; a hash that lost its SIMD
/// instructions takes 30 to 60 % longer. The limit is in between, so that a busy machine does not cross it.
const LIMIT: f64 = 1.15;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("hash-speed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode, Failure> {
    let Some(reference) = std::env::args_os().nth(1) else {
        println!("{:.3}", least_cpu()?);
        return Ok(ExitCode::SUCCESS);
    };
    let compared = compare(&std::env::current_exe()?, Path::new(&reference))?;
    let ratio = compared.ratio();
    println!(
        "one password hash: {:.2} ms CPU; reference build: {:.2} ms; ratio {ratio:.2}",
        compared.own, compared.reference
    );
    if ratio > LIMIT {
        return Err(
            format!("the ratio must not exceed {LIMIT}: the release profile slows the password hash down").into()
        );
    }
    Ok(ExitCode::SUCCESS)
}
