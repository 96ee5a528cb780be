#!/bin/bash
# SPDX-License-Identifier: ISC
# Installs a build somewhere for a test. The list of files goes into a directory too: "cmake --install" writes it into
# the build, where tests at the same time would write over it, and over the one that "uninstall" needs for what a person
# installed.
#
# usage: install-apart.sh BUILD-DIR PREFIX [COMPONENT [DIR-OF-LISTS]]
set -euo pipefail

build=$1
prefix=$2
component=${3-}
lists=${4-}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
: "${lists:=$work}"

install=$build/cmake_install.cmake
if [ ! -f "$install" ]; then
	echo "install-apart.sh: want a build in $build, found no $install; build it first" >&2
	exit 1
fi
# shellcheck disable=SC2016  # CMake expands it
sed -E 's|^( *file\(WRITE ")[^"]*/(\$\{CMAKE_INSTALL_MANIFEST\}")|\1${lists}/\2|' "$install" > "$work/install.cmake"
if cmp -s "$install" "$work/install.cmake"; then
	echo "install-apart.sh: want the line in $install that writes the list of files, found none of the known form" >&2
	exit 1
fi
DESTDIR='' cmake -D "lists=$lists" -D "CMAKE_INSTALL_PREFIX=$prefix" ${component:+-D "CMAKE_INSTALL_COMPONENT=$component"} \
	-P "$work/install.cmake"
