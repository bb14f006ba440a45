#!/bin/sh
# sh prove.sh proof.txt seal.txt [FILE]: is this receipt (and file) part of what was sealed? Needs openssl, sed, cut, tr.
set -eu; export LC_ALL=C
field() { sed -n "s/^$1: //p" "$2"; }
digest() { openssl dgst -sha256 -r | cut -c1-64; }
bytes() { printf %b "$(printf '\\0%03o' $(printf %s "$1" | sed 's/../0x& /g'))"; }
receipt=$(field Receipt "$1"); index=$(field Index "$1"); last=$(($(field Leaves "$2") - 1))
[ "$index" -le "$last" ] || last=-1
node=$({ printf '\000'; printf %s "$receipt"; } | digest)
for step in $(field Path "$1"); do
  [ "$last" -gt 0 ] || { last=1; break; }
  if [ $((index % 2)) -eq 1 ] || [ "$index" -eq "$last" ]; then
    node=$({ printf '\001'; bytes "$step$node"; } | digest)
    while [ $((index % 2)) -eq 0 ] && [ "$index" -ne 0 ]; do index=$((index / 2)); last=$((last / 2)); done
  else node=$({ printf '\001'; bytes "$node$step"; } | digest); fi
  index=$((index / 2)); last=$((last / 2))
done
[ "$last" -eq 0 ] && [ "$node" = "$(field Root "$2")" ] || { echo 'NOT PROVED: the receipt is not part of this seal'; exit 1; }
echo "The receipt is part of the seal: $receipt"
[ $# -lt 3 ] && exit 0
[ "$(digest <"$3")" = "$(printf %s "$receipt" | sed -n 's/.*"sha256":"\([0-9a-f]*\)".*/\1/p')" ] || { echo "NOT PROVED: $3 has other bytes"; exit 1; }
echo "The file has the bytes of the receipt: $3"
