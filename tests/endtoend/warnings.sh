# SPDX-License-Identifier: ISC
# Warnings of lasting faults: at the day's first start, at once when they are new, always at "status" and "update".
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

make_repo
mkdir -p release/app installed
echo one > release/app/note.txt
publish release
url=file://$REPO/served
expect 0 enroll.log slipway enroll "$url" --root "$REPO/served/metadata/1.root.json" --installation "$INSTALLATION" \
	--app "$APP" --install-dir "$WORK/installed"
conf=station/machine.conf
note=station/state/$INSTALLATION/$APP/told.json
unknown="no setting of Slipway is called 'OnErorr'"
apart='want two directories, neither in the other'

# starts TEXT...: HI starts, with exactly these warnings.
starts() {
	expect 0 run.log slipway run "${options[@]}" -- echo hi-runs
	want run.log hi-runs 0
	for text in "$@"; do
		want run.log "$text" 0
	done
	[ "$(grep -c ': warn: ' run.log)" = $# ] || fail "want $# warnings" run.log
}
# always TEXT: "status" and "update" tell it each time.
always() {
	for _ in 1 2; do
		expect 0 status.log slipway status
		want status.log "$1" 0
		expect 0 update.log slipway update
		want update.log "$1" 0
	done
}
# dated DAY: the note is of another day.
dated() {
	sed -i -E "s/\"[0-9]{4}-[0-9]{2}-[0-9]{2}\"/\"$1\"/" "$note"
	grep -q "\"$1\"" "$note" || fail "want a note with days" "$note"
}
options=()
starts
starts
cp "$conf" good.conf
sed -i '/^InstallDir/a OnErorr = block' "$conf"
starts "$unknown"
starts
always "$unknown"
starts
# Another day, before and after; a note that can't be read, isn't a file, or is gone.
for day in 2020-01-01 2999-12-31; do
	dated "$day"
	starts "$unknown"
	starts
done
: > "$note"
starts "$unknown" 'told.json: was damaged'
starts
rm "$note" && mkdir "$note"
starts "$unknown" 'told.json: was damaged'
starts
rm "$note"
starts "$unknown"
# A second one is told at once, alone; what was mended and comes back, too.
sed -i '/^OnErorr/a Dedline = 5' "$conf"
starts "'Dedline'"
starts
sed -i '/^OnErorr/d' "$conf"
starts
sed -i '/^Dedline/a OnErorr = block' "$conf"
starts "$unknown"
starts
# A state that can't be written: told each time.
if [ "$(id -u)" -ne 0 ]; then
	rm "$note"
	chmod a-w "$(dirname "$note")"
	options=(--offline)
	starts "$unknown" "'Dedline'"
	starts "$unknown" "'Dedline'"
	options=()
	chmod u+w "$(dirname "$note")"
fi
cp good.conf "$conf"
starts

# A check of the station: destinations in one another, as of an enrolment of an earlier version.
sed -i "s|^InstallDir = .*|InstallDir = $WORK/station/appdata/$APP|" "$conf"
expect 0 status.log slipway status
sed -n 's/^files below *//p' status.log > appdir
sed -i "s|^InstallDir = .*|InstallDir = $(cat appdir)/in|" "$conf"
starts "$apart"
starts
always "$apart"
starts
dated 2020-01-01
starts "$apart"
# In Slipway's own places: looked at once a day, and a release that changes something isn't applied, each time.
sed -i "s|^InstallDir = .*|InstallDir = $WORK/station/state|" "$conf"
starts
dated 2020-01-01
starts "is Slipway's own"
starts
always "is Slipway's own"
echo two > release/app/note.txt
publish release
for _ in 1 2; do
	expect 0 run.log slipway run -- echo hi-runs
	want run.log hi-runs 0
	want run.log "this station isn't updated: InstallDir" 0
	[ "$(grep -c "is Slipway's own" run.log)" = 1 ] || fail "want it once" run.log
done
cp good.conf "$conf"
expect 0 run.log slipway run -- echo hi-runs
want run.log 'applied release 2' 0

# Only the age of the last refresh, of which nothing is told anew within the day.
expect 0 enroll.log slipway settings set "HKLM\\SOFTWARE\\Slipway\\$INSTALLATION\\$APP" WarnAfterDays 1
printf '%s\nformat 1\n' "$(date -u -d '3 days ago' +%Y-%m-%dT%H:%M:%SZ)" > "$(dirname "$note")/refreshed"
options=(--offline)
starts 'last up to date 3 days ago'
starts
echo "lasting faults are told once a day"
