#!/bin/sh
# sh prove.sh proof.txt seal.txt [FILE]: is this receipt (and file) part of what was sealed? Needs openssl, sed and cut.
# Where the seal has a root by SM3, that is proved as well: by openssl 1.1.1 or later.
set -eu; export LC_ALL=C
field() { sed -n "s/^$1: //p" "$2"; }
member() { printf %s "$receipt" | sed -n 's/.*"'"$1"'":"\([0-9a-f]*\)".*/\1/p'; }
digest() { openssl dgst "-$1" -r | cut -c1-64; }
bytes() { printf %b "$(printf '\\0%03o' $(printf %s "$1" | sed 's/../0x& /g'))"; }
receipt=$(field Receipt "$1"); index=$(field Index "$1"); leaves=$(field Leaves "$2")
# leads DIGEST PATH ROOT: do the receipt and the path's steps make the root?
leads() {
  at=$index; last=$((leaves - 1)); [ "$at" -le "$last" ] || return 1
  node=$({ printf '\000'; printf %s "$receipt"; } | digest "$1")
  for step in $2; do
    [ "$last" -gt 0 ] || return 1
    if [ $((at % 2)) -eq 1 ] || [ "$at" -eq "$last" ]; then
      node=$({ printf '\001'; bytes "$step$node"; } | digest "$1")
      while [ $((at % 2)) -eq 0 ] && [ "$at" -ne 0 ]; do at=$((at / 2)); last=$((last / 2)); done
    else node=$({ printf '\001'; bytes "$node$step"; } | digest "$1"); fi
    at=$((at / 2)); last=$((last / 2))
  done
  [ "$last" -eq 0 ] && [ "$node" = "$3" ]
}
leads sha256 "$(field Path "$1")" "$(field Root "$2")" || { echo 'NOT PROVED: the receipt is not part of this seal'; exit 1; }
sm3=$(field 'Root SM3' "$2")
[ -z "$sm3" ] || openssl dgst -sm3 /dev/null >/dev/null 2>&1 || { echo 'NOT PROVED: this openssl lacks SM3, by which the seal has a second root'; exit 1; }
[ -z "$sm3" ] || leads sm3 "$(field 'Path SM3' "$1")" "$sm3" || { echo 'NOT PROVED: by SM3, the receipt is not part of this seal'; exit 1; }
echo "The receipt is part of the seal${sm3:+, by SHA-256 and by SM3}: $receipt"
[ $# -lt 3 ] && exit 0
[ "$(digest sha256 <"$3")" = "$(member sha256)" ] || { echo "NOT PROVED: $3 has other bytes"; exit 1; }
bysm3=$(member sm3)
[ -z "$bysm3" ] || [ "$(digest sm3 <"$3")" = "$bysm3" ] || { echo "NOT PROVED: by SM3, $3 has other bytes"; exit 1; }
echo "The file has the bytes of the receipt: $3"
