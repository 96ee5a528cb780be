# SPDX-License-Identifier: ISC
# The pictures of README.md, drawn or checked: pictures.sh scripts/pictures.py DIR [--check].
# shellcheck shell=bash source=tests/endtoend/lib.sh
draw=$1 dir=$2 check=${3:-}
. "$(dirname "$0")/lib.sh"

# picture NAME COMMAND...
picture() {
	local name=$1
	shift
	python3 "$draw" ${check:+--check} --as "$WORK=/srv" --as "$(id -un)@=station@" --as "$(uname -n)=station-1" \
		"$dir/$name.svg" "$@" || fail "want the picture $name.svg"
}

make_all
kernel_settings "$REPO/certs/kernel.pem" "$REPO/certs/kernel.crt"
start_kernel
picture see-start "slipway run hi /C$APP --kernel $kernel"
picture see-doctor "slipway doctor --kernel $kernel"
if [ -n "$check" ]; then # what may differ hides no wrong text
	for wrong in 's/TLSv1[.]3/TLSv1.2/' 's/ 2 files/ 3 files/' 's/^\(<text.*\)ok  \(.*room\)/\1FAILURE\2/'; do
		sed "$wrong" "$dir/see-doctor.svg" >"$WORK/wrong.svg"
		! (dir=$WORK && picture wrong "slipway doctor --kernel $kernel") >"$WORK/log" 2>&1 ||
			fail "want no such picture: $wrong"
	done
fi
export SLIPWAY_REPO=$REPO
picture see-replace "slipway-repo cert replace kernel --connect $kernel" "slipway-repo cert replace kernel"
