# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes MaxMind DBs (the format's specification, version 2.0), in the layouts that makers have."""

import ipaddress
import struct

MARKER = b"\xab\xcd\xefMaxMind.com"


def control(kind, size):
    """The octets that say what comes, and how much of it."""
    first, extended = (kind, b"") if kind < 8 else (0, bytes([kind - 7]))
    if size < 29:
        return bytes([first << 5 | size]) + extended
    if size < 285:
        return bytes([first << 5 | 29]) + extended + bytes([size - 29])
    if size < 65821:
        return bytes([first << 5 | 30]) + extended + struct.pack("!H", size - 285)
    return bytes([first << 5 | 31]) + extended + (size - 65821).to_bytes(3, "big")


class Number(int):
    """With its type: 5 (uint16), 6 (uint32), 8 (int32), 9 (uint64)."""
    kind = 6

    def __new__(cls, value, kind=6):
        number = int.__new__(cls, value)
        number.kind = kind
        return number


class Data:
    """The data section; texts that were said before are pointed at, if `pointers`."""

    def __init__(self, pointers):
        self.octets, self.known, self.pointers = b"", {}, pointers

    def encode(self, value, base):
        """The value's octets, where they begin at `base`."""
        if isinstance(value, dict):
            out = control(7, len(value))
            for name, member in value.items():
                out += self.encode(name, base + len(out))
                out += self.encode(member, base + len(out))
            return out
        if isinstance(value, list):
            out = control(11, len(value))
            for element in value:
                out += self.encode(element, base + len(out))
            return out
        if isinstance(value, bool):
            return control(14, int(value))
        if isinstance(value, float):
            return control(3, 8) + struct.pack("!d", value)
        if isinstance(value, int):
            octets = value.to_bytes(8, "big").lstrip(b"\0")
            return control(getattr(value, "kind", 6), len(octets)) + octets
        if self.pointers and value in self.known:
            return self.pointer(self.known[value])
        self.known.setdefault(value, base)
        text = value.encode()
        return control(2, len(text)) + text

    @staticmethod
    def pointer(at):
        if at < 2048:
            return bytes([0x20 | at >> 8, at & 255])
        if at < 526336:
            at -= 2048
            return bytes([0x28 | at >> 16, at >> 8 & 255, at & 255])
        at -= 526336
        return bytes([0x30 | at >> 24]) + (at & 0xffffff).to_bytes(3, "big")

    def add(self, value):
        at = len(self.octets)
        self.octets += self.encode(value, at)
        return at


def write(path, networks, bits=28, version=6, pointers=True, aliases=True, kind="Test-ASN", padding=()):
    """`networks`: {prefix: record}; the longest prefix of several counts."""
    nodes = [[None, None]]
    data, offsets = Data(pointers), {}
    for extra in padding:  # so that pointers are long
        data.add(extra)

    def path_of(network):
        width, high = (128, 96 if version == 6 else 0) if network.version == 4 else (128, 0)
        number, length = int(network.network_address), network.prefixlen + high
        width = 128 if version == 6 else 32
        return [(number >> (width - 1 - i)) & 1 for i in range(length)]

    def insert(steps, leaf):
        node = 0
        for i, bit in enumerate(steps):
            if i == len(steps) - 1:
                nodes[node][bit] = leaf
                return
            below = nodes[node][bit]
            if not isinstance(below, int):
                nodes.append([below, below])
                nodes[node][bit] = below = len(nodes) - 1
            node = below
    for network, record in sorted(((ipaddress.ip_network(n), r) for n, r in networks.items()),
                                  key=lambda pair: pair[0].prefixlen + (96 if pair[0].version == 4 else 0)):
        key = repr(record)
        if key not in offsets:
            offsets[key] = data.add(record)
        insert(path_of(network), ("data", offsets[key]))
    if version == 6 and aliases:
        node = 0
        for _ in range(96):
            node = nodes[node][0]
            if not isinstance(node, int):
                break
        else:
            for alias in ("::ffff:0:0/96", "2002::/16", "64:ff9b::/96"):
                insert(path_of(ipaddress.ip_network(alias)), node)
    count = len(nodes)

    def number(record):
        return count if record is None else record if isinstance(record, int) else count + 16 + record[1]
    tree = bytearray()
    for left, right in ((number(a), number(b)) for a, b in nodes):
        assert left < 1 << bits and right < 1 << bits, "too small"
        if bits == 28:
            tree += (left & 0xffffff).to_bytes(3, "big") + bytes([left >> 24 << 4 | right >> 24])
            tree += (right & 0xffffff).to_bytes(3, "big")
        else:
            tree += left.to_bytes(bits // 8, "big") + right.to_bytes(bits // 8, "big")
    metadata = Data(False).encode({
        "binary_format_major_version": Number(2, 5), "binary_format_minor_version": Number(0, 5),
        "build_epoch": Number(1764000000, 9), "database_type": kind, "description": {"en": "a test"},
        "ip_version": Number(version, 5), "languages": ["en"], "node_count": Number(count),
        "record_size": Number(bits, 5)}, 0)
    with open(path, "wb") as out:
        out.write(bytes(tree) + bytes(16) + data.octets + MARKER + metadata)
