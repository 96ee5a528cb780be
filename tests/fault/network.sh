# SPDX-License-Identifier: ISC
# slipway run over a network that breaks: the program is started in time, on the old state or the new state.
# shellcheck shell=bash
set -euo pipefail
exec python3 "$WORK/tests/network.py" "$@"
