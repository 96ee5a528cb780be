#!/bin/bash
# SPDX-License-Identifier: ISC
# slipway-repo doctor: a line for each thing that stations depend on, and the command that mends what isn't well.
# usage: doctor.sh SLIPWAY_REPO_PROGRAM
# shellcheck shell=bash source=tests/integration/repolib.sh
. "$(dirname "$0")/repolib.sh"

export SLIPWAY_PASSPHRASE=passphrase
status 0 "$repo" init "$R"
# doctor WANT TEXT [ARG...]: and it changes nothing.
doctor() {
	(cd "$R" && find . -type f -exec sha256sum {} +) | sort >before
	status "$1" "$repo" --repo "$R" doctor "${@:3}"
	says "$2"
	(cd "$R" && find . -type f -exec sha256sum {} +) | sort | diff before - >&2 || fail "doctor changed the repository"
}

doctor 3 '^warning  role          no application yet: slipway-repo app add NAME$'
status 0 "$repo" --repo "$R" app add COV_PB
doctor 3 '^warning  role          COV_PB: no release yet: slipway-repo publish --app COV_PB DIR$'
release one
status 0 "$repo" --repo "$R" cert new kernel
cp "$R/certs/kernel.crt" rel/app/
status 0 "$repo" --repo "$R" publish --app COV_PB rel
doctor 0 '^all is well$'
for text in 'role          root: 36[45] days left' 'keys          COV_PB: 1 of 1 are here, with a passphrase' \
	'certificate   COV_PB/app/kernel.crt, CN=kernel: ' 'certificate   certs/kernel.crt, CN=kernel: ' \
	'record        .* changes, an unbroken chain' "deploy        nowhere; 'slipway-repo deploy set' names a server"; do
	says "^ok       $text"
done
doctor 0 '"level": "ok"' --json
python3 - out <<'PY'
import json, sys
rows = json.load(open(sys.argv[1]))
assert {r["subject"] for r in rows} == {"repository", "role", "keys", "files", "record", "certificate", "deploy", "refresh"}, rows
PY
status 2 "$repo" --repo "$R" doctor now
status 1 "$repo" --repo nosuch doctor

# What ends: the command is that of the role.
doctor 3 '^warning  role          timestamp: [23][09] days left: slipway-repo refresh$' --warn-days 30
doctor 3 '^warning  role          COV_PB: [89][09] days left: slipway-repo renew COV_PB$' --warn-days 90
says '^2 warnings\|^0 failures, [3-9] warnings$'
doctor 3 'certificate   certs/kernel.crt, CN=kernel: 36.. days left: of a Kernel: slipway-repo cert replace NAME$' \
	--warn-days 4000

# Keys that anybody can use, keys that are elsewhere, and a directory that others can read.
status 0 "$repo" --repo "$R" app add OPEN --no-passphrase
status 0 "$repo" --repo "$R" publish --app OPEN rel
doctor 3 '^warning  keys          OPEN: here, without a passphrase: .*: slipway-repo key rotate OPEN$'
mkdir -m 700 away && mv "$R"/keys/OPEN.* away/
doctor 0 '^ok       keys          OPEN: 0 of 1 are here$'
mv "$R"/keys/timestamp.* away/
doctor 3 "^warning  keys          timestamp: 0 of 1 needed are here: 'slipway-repo refresh' can't sign$"
mv away/* "$R/keys/" && rm "$R"/keys/OPEN.*
if [ $windows = no ]; then
	chmod 755 "$R/keys"
	doctor 1 '^FAILURE  keys  .*keys'
	chmod 700 "$R/keys"
fi
if [ $windows = no ] && [ "$(id -u)" != 0 ]; then	# root may change what it can't write
	chmod 400 "$R/lock"
	doctor 1 '^FAILURE  lock  .*nothing can be changed or refreshed by this account here: .*lock: Permission denied'
	chmod 600 "$R/lock"
fi
cut=$(echo "$R"/keys/snapshot.*)
cp -p "$cut" kept && truncate -s 60 "$cut"
doctor 1 '^FAILURE  keys          .*snapshot'
cp -p kept "$cut"
mv "$R/keys" keys
doctor 3 '^warning  keys  .*keys'
mv keys "$R/keys"

# A file that stations need is gone; metadata was changed; the record was changed.
file=$(find "$R/served/targets" -name '*.hi' | head -n 1)
mv "$file" kept
doctor 1 '^FAILURE  files         .*\.hi'
mv kept "$file"
cp "$R/audit.log" kept
sed -i '1s/"seq"/"sEq"/' "$R/audit.log"
doctor 1 '^FAILURE  record '
sed '$d' kept >"$R/audit.log"
doctor 3 "^warning  record        what is live isn't what its last line says: .*: slipway-repo log --accept\$"
rm "$R/audit.log"
doctor 1 "^FAILURE  record        .*'slipway-repo log --accept' begins another\$"
cp kept "$R/audit.log"
cp "$R/served/metadata/timestamp.json" kept
echo x >"$R/served/metadata/timestamp.json"
doctor 1 '^FAILURE  repository '
cp kept "$R/served/metadata/timestamp.json"
echo nonsense >"$R/certs/other.crt"
doctor 1 '^FAILURE  certificate   certs/other.crt: '
rm "$R/certs/other.crt"

# When it was refreshed last.
doctor 0 'refresh       .*last refreshed: never$'
status 0 "$repo" --repo "$R" refresh
doctor 0 'refresh       .*last refreshed: 20'

# A replacement that is under way, and a place that serves another state, or can't be looked at.
status 0 "$repo" --repo "$R" cert replace kernel
doctor 3 '^warning  replacement   kernel: under way; slipway-repo cert status says what is next$'
status 0 "$repo" --repo "$R" cert replace kernel --undo
mkdir place
status 0 "$repo" --repo "$R" deploy set place
doctor 3 "^warning  deploy        .*place doesn't serve this state: slipway-repo deploy$"
doctor 0 '^all is well$' --offline
status 0 "$repo" --repo "$R" deploy
doctor 0 '^ok       deploy        .*place serves this state$'
cp "$R/deploy.json" kept
echo nonsense >"$R/deploy.json"
doctor 1 '^FAILURE  deploy        [^:].*deploy.json'
cp kept "$R/deploy.json"
# A name that isn't UTF-8 takes no line away.
cp -a "$R" odd$'\xff'
"$repo" --repo odd$'\xff' doctor --json | python3 -c '
import json, sys
assert any(line["subject"] == "repository" for line in json.load(sys.stdin))' || fail "want the line of the repository"
rmdir place/targets 2>/dev/null || rm -r place
doctor 1 '^FAILURE  deploy        .*place: '
echo ok
