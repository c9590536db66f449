# Tasks of the project. `just` lists them. `.ci/run` installs all that they need and runs the checks among them.

export PATH := justfile_directory() / "target/ci-venv/bin" + ":" + env("PATH")

# The functions that are deployed.
functions := "config auth account mfa provider jwt flat authorizer mailer"
python := "target/ci-venv/bin/python"
suite := "../shared/conformance"
suite_jwt := "../shared/conformance_jwt"

# Lists the recipes.
[private]
default:
    @just --list

# Runs every check, as CI does. Installs what is missing.
check:
    .ci/run

# Installs the tools of the recipes into `target/ci-venv`.
tools: (venv ".ci/tools.txt")

# Installs the tools, and what the checks against other implementations and the builds for Lambda need.
requirements: (venv ".ci/requirements.txt")

# Runs the service on http://localhost:8000.
[group('develop')]
run *arguments:
    cargo run -- {{ arguments }}

# Runs all tests. Arguments go to `cargo test`.
[group('develop')]
test *arguments:
    cargo test --workspace {{ arguments }}

# Runs all tests but those of the documentation with cargo-nextest.
[group('develop')]
nextest *arguments:
    cargo build --workspace --bins
    cargo nextest run --workspace {{ arguments }}

# Runs the examples in doc comments.
[group('develop')]
doctest:
    cargo test --workspace --doc

# Measures what a request costs, on the release build.
[group('develop')]
bench *arguments:
    cargo build --release -p local
    cargo run --release -p tests --bin bench -- {{ arguments }}

# Builds the documentation of the code, private items included. Warnings are errors.
[group('develop')]
docs $RUSTDOCFLAGS="-D warnings -A rustdoc::private-intra-doc-links":
    cargo doc --workspace --no-deps --document-private-items

# Writes the page of all settings.
[group('develop')]
settings:
    cargo run --quiet -- settings > docs/settings.md

# Measures which lines the tests reach. The report is in `target/llvm-cov/html`.
[group('develop')]
coverage:
    #!/usr/bin/env bash
    set -euo pipefail
    # LLVM of Debian serves as well, where it is as new as that of Rust.
    llvm=$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
    if command -v "llvm-cov-$llvm"; then
        export LLVM_COV=llvm-cov-$llvm LLVM_PROFDATA=llvm-profdata-$llvm
    else
        rustup component add llvm-tools
    fi
    cargo llvm-cov --workspace --html
    cargo llvm-cov report --summary-only

# Builds the functions for Lambda, each as a ZIP archive in a folder. The architecture is `arm64` or `x86_64`.
[group('develop')]
functions architecture="arm64" folder="target/lambda": requirements
    cargo lambda build --release --output-format zip --{{ replace(architecture, "_", "-") }} --lambda-dir {{ folder }} \
        -p {{ replace(functions, " ", " -p ") }}

# Formats the code.
[group('check')]
fmt:
    cargo fmt --all

# Fails where the code is not formatted.
[group('check')]
fmt-check:
    cargo fmt --all --check

# Lints the code. Warnings are errors.
[group('check')]
clippy:
    cargo clippy --workspace --all-targets -- -D warnings

# Checks that the code compiles with the `rust-version` of `Cargo.toml`.
[group('check')]
minimum:
    #!/usr/bin/env bash
    set -euo pipefail
    version=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    rustup toolchain install --no-self-update --profile minimal "$version"
    cargo +"$version" check --workspace --all-targets --locked

# Checks licenses, banned crates, duplicates and sources of the dependencies.
[group('check')]
deny:
    cargo deny check bans licenses sources

# Checks the dependencies for known vulnerabilities. Fetches the database of RustSec.
[group('check')]
advisories:
    cargo deny check advisories

# Checks the spelling.
[group('check')]
typos:
    typos

# Checks docs and doc comments for phrases that are hard to read. `--count` counts them.
[group('check')]
prose *arguments:
    python3 .ci/prose.py {{ arguments }}

# Runs the tests of the scripts in `.ci`.
[group('check')]
scripts:
    python3 -m unittest discover --start-directory .ci --pattern '*_test.py'

# Lints the GitHub workflows, the Dockerfile and the shell scripts.
[group('check')]
workflows:
    actionlint
    zizmor --offline --quiet .github
    hadolint Dockerfile
    shellcheck .ci/run

[private]
venv requirements:
    #!/usr/bin/env bash
    set -euo pipefail
    venv=target/ci-venv
    [ -x "$venv/bin/pip" ] || python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement {{ requirements }}
