#!/usr/bin/env bash
# Draws the pictures of README.md and docs/ again, from what the command computes now.
# SPDX-License-Identifier: MIT
#
#     scripts/pictures.sh SINTER
#
# Only SVG is kept: the same results make the same bytes. The other pictures in docs/images/ are drawn by hand.
set -euo pipefail
cd "$(dirname "$0")/.."
sinter=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# take FOLDER CHART PICTURE
take() {
    cp "$folder/$1/$2.svg" "docs/images/$3.svg"
}

task=(-m mamba-2.8b -a marca -L 2048)
"$sinter" compare "${task[@]}" -s unfused-strict,unfused,AS-B,mem-aware,fuse-block,optimal -q -o /dev/null --figures "$folder/compare"
take compare latency latency
take compare dram-by-strategy dram
"$sinter" run "${task[@]}" -s optimal -q -o /dev/null --figures "$folder/run"
take run campaign-before campaign-unfused
take run campaign campaign-optimal

"$sinter" reproduce all -q -o /dev/null --figures "$folder/reproduce"
take reproduce deviations deviations
take reproduce pact25-figure9-fusion figure9
take reproduce pact25-figure12-area-1024 figure12
