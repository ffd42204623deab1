#!/bin/sh
# Builds the fault plug-ins: build.sh OUTDIR. Needs g++ and dpf-source (Debian), nothing else; takes seconds.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$1
dpf=${DPF_PATH:-/usr/share/dpf}
arch=$(uname -m)-linux

binary() { # bundle [name]: path of the binary in a bundle, whose folder is made
    mkdir -p "$out/$1.vst3/Contents/$arch"
    echo "$out/$1.vst3/Contents/$arch/${2:-$1}.so"
}

flags="-std=gnu++17 -O1 -fPIC -shared -w -I$here -I$dpf/distrho"
compile() { # output defines
    # shellcheck disable=SC2086 - flags are words
    ${CXX:-g++} $flags $2 -fvisibility=hidden -DDISTRHO_PLUGIN_TARGET_VST3 "$here/FaultBox.cpp" \
        "$dpf/distrho/DistrhoPluginMain.cpp" -Wl,--version-script="$dpf/utils/symbols/vst3.version" \
        -Wl,--no-undefined -ldl -o "$1"
}

compile "$(binary FaultBox)" "" & first=$!
compile "$(binary FaultMono)" -DFAULTBOX_MONO & second=$!
# shellcheck disable=SC2086
${CXX:-g++} $flags "$here/Pair.cpp" -ldl -o "$(binary FaultPair)"
wait $first
wait $second
for name in CrashOnLoad AbortOnLoad ExitOnLoad HangOnLoad CrashOnUnload AsksForLicence; do
    cp "$(binary FaultBox)" "$(binary $name)"
done
cp "$(binary FaultBox)" "$(binary FaultPair part0)"
cp "$(binary FaultMono)" "$(binary FaultPair part1)"
head -c 40000 "$(binary FaultBox)" >"$(binary Truncated)"
head -c 40000 /dev/urandom >"$(binary Corrupt)"
printf 'no bundle' >"$out/Text.vst3"
mkdir -p "$out/Empty.vst3"
