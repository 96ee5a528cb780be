# SPDX-License-Identifier: ISC
# slipway update broken at every call that changes the disk: afterwards the station is in the old state or in the new
# state.
# shellcheck shell=bash
set -euo pipefail
exec python3 "$WORK/tests/station.py" "$@"
