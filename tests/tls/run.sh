#!/bin/bash
# SPDX-License-Identifier: ISC
# The tests of this directory; runs below scripts/as-user.sh.  usage: run.sh NAME [ARG...]
set -euo pipefail
exec python3 -B "$(dirname "$0")/$1.py" "${@:2}"
