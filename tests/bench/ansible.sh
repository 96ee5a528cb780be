#!/bin/bash
# SPDX-License-Identifier: ISC
# Enrol and update many stations on this computer by the Ansible collection: a generated inventory with local
# connections and a SLIPWAY_HOME for each.  Prints how long the first run and the second take.
set -euo pipefail

usage="usage: tests/bench/ansible.sh [--stations N] [--forks N] [--programs DIR] [--collections DIR]    (400, 20)"
stations=400
forks=20
programs=
collections=
while [ $# -gt 0 ]; do
	case $1 in
	--stations) stations=$2 ;;
	--forks) forks=$2 ;;
	--programs) programs=$2 ;;
	--collections) collections=$2 ;;
	*)
		echo "$usage" >&2
		exit 2
		;;
	esac
	shift 2
done
top=$(cd "$(dirname "$0")/../.." && pwd)
if [ -z "$programs" ]; then
	"$top/scripts/install-packages.sh" build ansible
	cd "$top"
	cmake --preset release >/dev/null
	cmake --build --preset release -j "$(nproc)" >/dev/null
	programs=$top/build/release
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/slipway-many-XXXXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/tmp" "$work/programs" "$work/collections" "$work/kits" "$work/homes"
find "$programs" -type f \( -name slipway -o -name slipway-repo \) -perm -u+x -exec cp {} "$work/programs/" \;
if [ -z "$collections" ]; then
	collections=$work/collections
	mkdir -p "$collections/ansible_collections/slipway"
	cp -r "$top/ansible" "$collections/ansible_collections/slipway/fleet"
fi
export PATH=$work/programs:$PATH
cd "$work"

slipway-repo init repo --no-passphrase >log
slipway-repo --repo repo app add COV_PB --no-passphrase >>log
mkdir -p release/app
head -c 100000 /dev/zero >release/app/data
slipway-repo --repo repo publish --app COV_PB release >>log
slipway-repo --repo repo kit --app COV_PB --installation D2EXE_COV_PB --out kits/COV_PB.kit "file://$work/repo/served" \
	2>>log
{
	echo '[all:vars]'
	printf '%s\n' ansible_connection=local ansible_python_interpreter=/usr/bin/python3 slipway_become=false \
		"station_executable=$work/programs/slipway" "station_kit=$work/kits/COV_PB.kit" station_new_key=false \
		"station_home=$work/homes/{{ inventory_hostname }}" "station_cache=$work/homes/{{ inventory_hostname }}"
	echo '[slipway_stations]'
	seq -f 'station%04g' "$stations"
} >inventory
as_user=()
if [ "$(id -u)" -eq 0 ]; then # root has no SLIPWAY_HOME
	chown -R games: .
	chmod 755 .
	as_user=(setpriv --reuid games --regid games --clear-groups)
fi
TIMEFORMAT='%R %U %S'
play() { # PLAYBOOK
	"${as_user[@]}" env HOME="$work" ANSIBLE_HOME="$work/.ansible" ANSIBLE_REMOTE_TEMP="$work/tmp" \
		ANSIBLE_LOCAL_TEMP="$work/tmp" TMPDIR=/tmp LC_ALL=C.UTF-8 ANSIBLE_PIPELINING=True ANSIBLE_NOCOLOR=1 \
		ANSIBLE_COLLECTIONS_PATH="$collections:/usr/lib/python3/dist-packages" \
		ansible-playbook -f "$forks" -i inventory "slipway.fleet.$1" >log 2>&1
}
run() { # NAME PLAYBOOK
	if ! { time play "$2"; } 2>took; then
		tail -n 40 log >&2
		exit 1
	fi
	awk -v name="$1" -v n="$stations" 'NR == FNR { wall = $1; cpu = $2 + $3; next }
		/ changed=/ { sub(/.*changed=/, ""); changed += $1 }
		END { printf "%s: %d stations, %.1f s, %.1f s of CPU time, changed=%d\n", name, n, wall, cpu, changed }' took log
}
run 'first run' enroll
run 'second run' enroll | tee second
grep -q 'changed=0$' second
