#!/bin/bash
# SPDX-License-Identifier: ISC
# slipway-repo refresh, status --warn-days and --json, serve --print-units.
# usage: refresh.sh SLIPWAY_REPO_PROGRAM
# shellcheck shell=bash source=tests/integration/repolib.sh
. "$(dirname "$0")/repolib.sh"

M="$R/served/metadata"
version() { tr '{},' '\n\n\n' <"$M/$1" | sed -n '/"_type"/,$p' | sed -n 's/^ *"version": *\([0-9]*\).*/\1/p' | tail -n 1; }

status 0 "$repo" help refresh; says '--snapshot-days'
status 0 "$repo" init "$R" --no-passphrase
status 0 "$repo" --repo "$R" app add COV_PB --no-passphrase
release one
status 0 "$repo" --repo "$R" publish --app COV_PB rel

# The machine that refreshes has the online keys only.
mkdir -m 700 offline && mv "$R"/keys/{root,targets,COV_PB}.* offline/
cp -r "$M" before
status 0 "$repo" --repo "$R" refresh; says 'timestamp version 4; good for 30 days'
[ "$(version timestamp.json)" = 4 ] || fail "version of timestamp.json"
rm before/timestamp.json
rm -rf after && cp -r "$M" after && rm after/timestamp.json
diff -r before after || fail "refresh wrote something else"
status 0 "$repo" --repo "$R" refresh --snapshot-days 29; says 'timestamp version 5; good'
status 0 "$repo" --repo "$R" refresh --snapshot-days 30; says 'timestamp version 6, snapshot version 4;'
[ -e "$M/4.snapshot.json" ] || fail "no new snapshot"
status 0 "$repo" --repo "$R" status; says '^snapshot .*version 4'; says '^timestamp .*version 6'
status 0 "$repo" --repo "$R" log; says ' refresh$'
status 2 "$repo" --repo "$R" refresh --snapshot-days 31
status 2 "$repo" --repo "$R" refresh now

# Expiry: COV_PB after 90 days, snapshot and timestamp after 30, others after 365.
status 0 "$repo" --repo "$R" status --warn-days 28
status 3 "$repo" --repo "$R" status --warn-days 30; says '^timestamp .* \(29\|30\) days left'
status 2 "$repo" --repo "$R" status --warn-days -1
status 0 "$repo" --repo "$R" status --json
python3 - "$work/out" <<'PY'
import json, sys
roles = {r["role"]: r for r in json.load(open(sys.argv[1]))["roles"]}
assert list(roles) == ["root", "targets", "snapshot", "timestamp", "COV_PB"], roles
assert roles["timestamp"]["version"] == 6 and roles["timestamp"]["days_left"] in (29, 30)
assert roles["root"]["keys"] == roles["root"]["threshold"] == 1 and roles["root"]["days_left"] in (364, 365)
c = roles["COV_PB"]
assert c["release"] == 1 and c["files"] == 2 and c["expired"] is False and c["days_left"] in (89, 90), c
PY

# Nothing is signed without the key, with another key, or over metadata that was tampered with.
refused() {
	cp "$M/timestamp.json" before.json
	status 1 "$repo" --repo "$R" refresh; says "$1"
	cmp before.json "$M/timestamp.json" || fail "a refresh that failed changed timestamp.json"
}
mv "$R"/keys/timestamp.*.pem .
refused 'keys'
cp "$R"/keys/snapshot.*.pem "$R/keys/$(ls timestamp.*.pem)"
refused 'want key'
mv timestamp.*.pem "$R/keys/"
chmod 644 "$R"/keys/timestamp.*.pem
refused 'timestamp'
chmod 600 "$R"/keys/timestamp.*.pem
cp "$M/4.snapshot.json" good
sed -i 's/"version":/"version" :/' "$M/4.snapshot.json"
refused '4.snapshot.json'
cp good "$M/4.snapshot.json"
status 0 "$repo" --repo "$R" refresh

# Each role has a term of its own, and status counts each.
mv offline/* "$R/keys/"
days() { case $1 in snapshot | timestamp) status 0 "$repo" --repo "$R" refresh --days "$2" ;; *) status 0 "$repo" --repo "$R" renew "$1" --days "$2" ;; esac; }
for role in root targets COV_PB snapshot timestamp; do
	days "$role" 5
	status 3 "$repo" --repo "$R" status --warn-days 6; says "^$role .* \(4\|5\) days left"
	status 0 "$repo" --repo "$R" status --warn-days 3
	case $role in
	root | targets | COV_PB)	# others say it early
		status 0 "$repo" --repo "$R" refresh; says "warn: $role expires in .*slipway-repo renew $role"
		[ "$role" = targets ] || { status 0 "$repo" --repo "$R" renew targets; says "warn: $role expires in"; }
		;;
	esac
	days "$role" 300
	status 0 "$repo" --repo "$R" status --warn-days 6
done
status 2 "$repo" --repo "$R" renew root --days 0; status 2 "$repo" --repo "$R" refresh --days 3651
status 0 "$repo" --repo "$R" refresh --days 30
mv "$R"/keys/{root,targets,COV_PB}.* offline/

# units
status 0 "$repo" --repo "$R" serve --print-units --user repo
says '^User=repo$'; says 'OnCalendar='; says '^ExecStart=slipway-repo --repo ".*a repo%%h" refresh$'
grep -q rsync out && fail "copies without --chroot"
status 0 "$repo" --repo "$R" serve --print-units --user repo --chroot /srv/upd; says '^ReadWritePaths=/srv/upd/metadata$'
status 2 "$repo" --repo "$R" serve --print-units --user 'a b'
status 2 "$repo" --repo "$R" serve --print-units --chroot 'a$b'
status 2 "$repo" --repo "$R" serve --print-units --print-config
ssh-keygen -q -t ed25519 -N '' -f deploykey
status 0 "$repo" --repo "$R" deploy set sftp://u@h.example/ --key deploykey --host-key "$(ssh-keygen -lf deploykey | cut -d' ' -f2)"
status 0 "$repo" --repo "$R" serve --print-units --user repo; says '^RestrictAddressFamilies='
grep -q PrivateNetwork out && fail "want the network for a refresh that deploys"
status 2 "$repo" --repo "$R" serve --print-units --chroot /srv/upd
mkdir place
status 0 "$repo" --repo "$R" deploy set place
status 0 "$repo" --repo "$R" serve --print-units --user repo; says '^ReadWritePaths=".*/place"$'; says '^PrivateNetwork=yes$'
if command -v systemd-analyze >/dev/null; then
	mkdir -p bin units && ln -s "$repo" bin/slipway-repo
	status 0 "$repo" --repo "$R" serve --print-units --user root
	# A full path, because systemd looks for names in its own directories only.
	sed "s|=slipway-repo|=$(realpath --relative-to=/ "$repo" | sed 's|^|/|; s|[ %]|\\&|g')|" out |
		awk -v d="$work/units/" '/^# \/etc/ { f = d substr($2, 21) } { print > f }'
	case $repo in
	*[\ %]*) ;;	# the unit's own commands can't be checked with a program in such a place
	*) systemd-analyze verify --man=no "$work"/units/*.service "$work"/units/*.timer >out 2>&1 ||
		{ cat out >&2; fail "systemd doesn't take the units"; } ;;
	esac
else
	echo "not looked at: the units, without systemd-analyze"
fi
echo ok
