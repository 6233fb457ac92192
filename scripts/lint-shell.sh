#!/usr/bin/env bash
# Runs shellcheck, at the version of tests/clients/requirements.txt, over every shell script of the tree.
set -euo pipefail
cd "$(dirname "$0")/.."

tests/clients/install.sh python
.cache/clients/venv/bin/shellcheck .ci/run scripts/*.sh tests/clients/*.sh
