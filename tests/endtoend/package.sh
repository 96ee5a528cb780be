# The library as a developer gets it: installed, found by pkg-config and CMake, shared and static; the manual's example
# is what is built each time, and it talks to the installed example Kernel.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

compiler=$1
shift
flags=("$@")	# sanitizers that the library was built with
export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$WORK" -name slipway-tls.pc)")
lib=$(pkg-config --variable=libdir slipway-tls)

# mdoc's \e is a backslash.
sed -n '/^#include <stdio/,/^\.Ed/p' "$WORK/share/man/man3/slipway_tls.3" | sed '/^\.Ed/d; s/\\e/\\/g' > example.c
[ "$(wc -l < example.c)" -gt 30 ] || fail "want the manual's example" example.c

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
read -ra private < <(pkg-config --static --libs slipway-tls)
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
expect 0 names.log nm -g --defined-only "$lib/libslipway-tls.a"
! grep -E '^[0-9a-f]+ [A-Z] ' names.log | grep -vE ' [TRD] slipway_tls_' ||
	fail "want no other name in the static library" names.log
