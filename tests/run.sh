#!/usr/bin/env bash
# SPDX-License-Identifier: EUPL-1.2
# All tests, from a fresh clone on Debian with Rust: installs what the browser stories need where it is
# missing, builds once, runs every test, then the simulator.
set -euo pipefail
cd "$(dirname "$0")/.."

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else
        echo "tests/run.sh: please install as root: ${*: -3}" >&2
        exit 2
    fi
}
missing=()
command -v cc >/dev/null || missing+=(build-essential)
command -v chromium >/dev/null || missing+=(chromium)
command -v chromedriver >/dev/null || missing+=(chromium-driver)
command -v ip >/dev/null || missing+=(iproute2)
command -v nft >/dev/null || missing+=(nftables)
command -v pdftoppm >/dev/null || missing+=(poppler-utils)
command -v certutil >/dev/null || missing+=(libnss3-tools)
command -v strace >/dev/null || missing+=(strace)
command -v scanimage >/dev/null || missing+=(sane-utils)
command -v lp >/dev/null || missing+=(cups-client)
[ -x /usr/sbin/cupsd ] || missing+=(cups-daemon)
command -v npm >/dev/null || missing+=(npm)
if [ ${#missing[@]} -gt 0 ]; then
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi

# The rules that no page may break (tests/src/axe.rs), in the one version of the lock file. Installed once: what is
# there already needs no network.
axe=target/axe
if ! cmp -s tests/axe/package-lock.json $axe/package-lock.json || [ ! -e $axe/node_modules/axe-core/axe.min.js ]; then
    mkdir -p $axe
    cp tests/axe/package.json tests/axe/package-lock.json $axe
    npm ci --prefix $axe --ignore-scripts --no-audit --no-fund
fi

# Screenshots of all pages, taken by the stories.
export HAMEAU_SCREENSHOTS="${HAMEAU_SCREENSHOTS:-$PWD/target/screenshots}"
mkdir -p "$HAMEAU_SCREENSHOTS"

# One choice of packages and features for all that follows: another one would build the dependencies anew.
workspace=(--locked --profile ci --workspace)
# The programs of integration tests of some crates, as arguments of cargo: a file each, or a folder with a main.rs.
programs=$(find {node,simulations}/tests -mindepth 1 -maxdepth 2 \( -path '*/tests/*.rs' -not -path '*/tests/*/*' -o -name main.rs \) |
    sed -E 's,(/main)?\.rs$,,; s,.*/,--test=,')

cargo build "${workspace[@]}" --lib --bins --tests
cargo test "${workspace[@]}" --no-fail-fast --lib --bins --test calendar --test memory $programs
cargo test "${workspace[@]}" --no-fail-fast --test nodes -- --test-threads=2
# Browser stories one at a time: each runs a Chromium for every person in it. But for those that do little else than wait a
# minute or two until nobody has touched a page: they wait together.
waits=(signed_in::a_page_locks screen::a_screen_that_nobody_touches)
cargo test "${workspace[@]}" --no-fail-fast --test people -- --test-threads=1 "${waits[@]/#/--skip=}"
cargo test "${workspace[@]}" --no-fail-fast --test people -- --test-threads=3 "${waits[@]}"
# Poor lines for real programs (docs/lines.md): 77 says that this machine cannot have them.
sim=${CARGO_TARGET_DIR:-target}/ci/hameau-simulations
$sim line megabit adsl edge4g satellite whitezone bursts shuffled dead --check || [ $? = 77 ]
# Sixty worlds of liars; then the same simulator with bugs planted, which it must find.
$sim run --seeds 0..60 --days 1
cargo test "${workspace[@]}" --features hameau-simulations/plants --bin hameau-simulations plants
