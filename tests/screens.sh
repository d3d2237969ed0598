#!/usr/bin/env bash
# SPDX-License-Identifier: EUPL-1.2
# Takes the pictures of docs/screens anew, from the story of every page. Needs what tests/run.sh installs, and pngquant.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v pngquant >/dev/null || { echo "tests/screens.sh: please install pngquant (apt install pngquant)" >&2; exit 2; }
export HAMEAU_SCREENSHOTS="${HAMEAU_SCREENSHOTS:-$PWD/target/screenshots}"
mkdir -p "$HAMEAU_SCREENSHOTS"
rm -f "$HAMEAU_SCREENSHOTS"/screen-of-*.png
cargo build --locked --profile ci --workspace --lib --bins --tests
cargo test --locked --profile ci --workspace --test people every_page::every
for picture in "$HAMEAU_SCREENSHOTS"/screen-of-*.png; do
    pngquant --quality 50-90 --strip --speed 1 --force --output "docs/screens/${picture##*/screen-of-}" "$picture"
done
