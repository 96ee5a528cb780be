# SPDX-License-Identifier: ISC
# The library for developers: installed, found by pkg-config and CMake, shared and static.  Each way builds the manual's
# example, which talks to the installed example Kernel.  Header, manual and symbols have the same names.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

compiler=$1
guide=$2
shift 2
flags=("$@")	# sanitizers that the library was built with
export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$WORK" -name slipway-tls.pc)")
lib=$(pkg-config --variable=libdir slipway-tls)

# mdoc's \e is a backslash.
sed -n '/^#include <stdio/,/^\.Ed/p' "$WORK/share/man/man3/slipway_tls.3" | sed '/^\.Ed/d; s/\\e/\\/g' > example.c
lines=$(wc -l < example.c)
[ "$lines" -gt 30 ] || fail "want the manual's example" example.c
[ "$lines" -le 60 ] || fail "want an example of 60 lines, got $lines" example.c

make_repo
kernel_settings "$REPO/certs/kernel.pem" "$REPO/certs/kernel.crt"
start_kernel
mkdir -p "$SLIPWAY_HOME"
cat > "$SLIPWAY_HOME/machine.conf" <<CONF
[HKLM\\SOFTWARE\\Ipesoft\\$INSTALLATION]
DefaultApplication = $APP
[HKLM\\SOFTWARE\\Ipesoft\\$INSTALLATION\\cfg_$APP\\TLS_Client]
TLS_RequiredLevel = TLSPeerAuth
TLS_TrustedCerts = $REPO/certs/kernel.crt
CONF

# works NAME COMMAND...: the program registers over TLS.
works() {
	local name=$1
	shift
	expect 0 "$name.log" "$@" 127.0.0.1:1 "$kernel"
	want "$name.log" "[TCP/IP][TLSv1.3 VERIFIED] WELCOME Slipway Kernel" 0
}

read -ra cflags < <(pkg-config --cflags slipway-tls)
read -ra shared < <(pkg-config --libs slipway-tls)
read -ra private < <(pkg-config --libs slipway-tls openssl)
expect 0 cc-shared.log "$compiler" -Wall -Werror "${flags[@]}" "${cflags[@]}" -o shared example.c "${shared[@]}"
works shared env LD_LIBRARY_PATH="$lib" ./shared
expect 0 ldd.log env LD_LIBRARY_PATH="$lib" ldd shared
want ldd.log libslipway-tls.so.0 0
expect 0 cc-static.log "$compiler" -Wall -Werror "${flags[@]}" "${cflags[@]}" -o static example.c \
	"${private[@]/#-lslipway-tls/-l:libslipway-tls.a}"
works static env -u LD_LIBRARY_PATH ./static
expect 0 ldd.log ldd static
wantno ldd.log libslipway-tls.so

mkdir project
cp example.c project/
cat > project/CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(example LANGUAGES C)
find_package(slipway-tls 0.1 REQUIRED)
foreach(kind "" -static)
	add_executable(example${kind} example.c)
	target_link_libraries(example${kind} PRIVATE slipway::slipway-tls${kind})
endforeach()
CMAKE
expect 0 cmake.log cmake -G Ninja -S project -B project/build -DCMAKE_PREFIX_PATH="$WORK" \
	-DCMAKE_C_COMPILER="$compiler" -DCMAKE_C_FLAGS="${flags[*]}" -DCMAKE_BUILD_TYPE=Debug
expect 0 cmake-build.log cmake --build project/build
works cmake-shared project/build/example
works cmake-static env -u LD_LIBRARY_PATH project/build/example-static

# The guide's server, with the manual's client; its pair is replaced while it runs.
sed -n '/^```c$/,/^```$/p' "$guide" | sed '/^```/d' > server.c
[ "$(wc -l < server.c)" -gt 40 ] || fail "want the guide's server" server.c
expect 0 cc-server.log "$compiler" -Wall -Werror "${flags[@]}" "${cflags[@]}" -o server server.c "${shared[@]}"
expect 0 cert2.log slipway-repo --repo "$REPO" cert new other
mkdir pair
cp "$REPO/certs/kernel.pem" pair/key.pem
cp "$REPO/certs/kernel.crt" pair/cert.pem
kernel_settings "$WORK/pair/key.pem" "$WORK/pair/cert.pem"
background server.log env SLIPWAY_HOME="$WORK/kernel" LD_LIBRARY_PATH="$lib" ./server "/C$APP"
wantre server.log 'listening on 127\.0\.0\.1:[0-9]+' 15
kernel=$(sed -n 's/^listening on //p' server.log)
works guide env LD_LIBRARY_PATH="$lib" ./shared
cp "$REPO/certs/other.crt" pair/new
mv pair/new pair/cert.pem
works guide-half env LD_LIBRARY_PATH="$lib" ./shared
want server.log "stays in use"
cp "$REPO/certs/other.pem" pair/new
mv pair/new pair/key.pem
expect 1 guide-other.log env LD_LIBRARY_PATH="$lib" ./shared "$kernel"
want guide-other.log "not trusted" 0
want guide-other.log "$(fingerprint "$REPO/certs/other.crt")" 0

# Both libraries define exactly the functions of the header, each with its version, and each has a manual page.
header=$WORK/include/slipway/tls.h
tr '\n' ' ' < "$header" | grep -oE 'SLIPWAY_TLS_API [^;]*;' | grep -oE 'slipway_tls_[a-z0-9_]+\(' | tr -d '(' |
	sort -u > want.names
[ "$(wc -l < want.names)" -gt 20 ] || fail "want the functions of the header" want.names

# same FILE: its names are those of the header.
same() {
	sort -u "$1" | diff want.names - > diff.log || fail "want the same names in the header (<) and in $1 (>)" diff.log
}
expect 0 nm.log nm -g --defined-only "$lib/libslipway-tls.a"
awk 'NF == 3 && $2 ~ /[A-Z]/ { print $3 }' nm.log > static.names
same static.names
expect 0 readelf.log readelf --dyn-syms --wide "$lib/libslipway-tls.so"
awk '$7 ~ /^[0-9]+$/ && $5 != "LOCAL" && $4 != "OBJECT" { print $8 }' readelf.log > exported
sed -n 's/@@SLIPWAY_TLS_0\.[12]$//p' exported > shared.names
same shared.names
[ "$(grep -c . shared.names)" -eq "$(grep -c . exported)" ] || fail "want a version at every symbol" exported
expect 0 dynamic.log readelf --dynamic "$lib/libslipway-tls.so"
want dynamic.log 'soname: [libslipway-tls.so.0]' 0
sed -n 's/^\.Nm \(slipway_tls_[a-z0-9_]*\).*/\1/p' "$WORK"/share/man/man3/slipway_tls_*.3 > manual.names
same manual.names
while read -r name; do
	page=$WORK/share/man/man3/$name.3
	target=$(sed -n 's/^\.so //p' "$page")
	grep -q "^\.Fn $name\b\|^\.Fo $name\$" "$WORK/share/man/${target:-man3/$name.3}" ||
		fail "want $name in its manual" "$page"
done < want.names

# The header by itself, for the C of 1990 and of 1999 and for C++.
echo '#include <slipway/tls.h>' > header.c
cp header.c header.cc
for std in c90 c99; do
	expect 0 c.log "$compiler" -std=$std -pedantic-errors -Wall -Wextra -Werror "${cflags[@]}" -fsyntax-only header.c
done
for std in c++98 c++11; do
	expect 0 cxx.log c++ -std=$std -pedantic-errors -Wall -Wextra -Wold-style-cast -Werror "${cflags[@]}" \
		-fsyntax-only header.cc
done
