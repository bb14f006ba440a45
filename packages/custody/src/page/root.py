#!/usr/bin/env python3
# python3 root.py receipts.ndjson [sm3]: makes the root of the receipts, as RFC 6962 has it, and says how many there are.
import hashlib, sys

by_sm3 = sys.argv[2:] == ["sm3"]

def digest(data):
    return hashlib.new("sm3" if by_sm3 else "sha256", data).digest()

full, count = [], 0  # the roots of full subtrees, from the largest to the smallest
for line in open(sys.argv[1], "rb"):
    line = line.rstrip(b"\n")
    # A receipt that isn't shown has the hash of its leaf, by SHA-256, in its place.
    withheld = not by_sm3 and line.startswith(b'{"leaf":"') and len(line) == 75
    node = bytes.fromhex(line[9:73].decode()) if withheld else digest(b"\0" + line)
    rest = count
    while rest % 2 == 1:
        node, rest = digest(b"\1" + full.pop() + node), rest // 2
    full.append(node)
    count += 1
root = full.pop() if full else digest(b"")
while full:
    root = digest(b"\1" + full.pop() + root)
print("Leaves: %d" % count)
print("%s: %s" % ("Root SM3" if by_sm3 else "Root", root.hex()))
