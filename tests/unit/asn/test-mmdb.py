#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""test-mmdb.py ASN-PLAY: MaxMind DBs as their makers fill them, written by mmdb.py. Every answer is held
against a search through the networks, and against libmaxminddb's where that is installed."""

import ipaddress
import os
import random
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import mmdb  # noqa: E402

PLAY = sys.argv[1]
DIR = tempfile.mkdtemp(prefix="roampost-mmdb-")
number = 0


def check(what, got, want):
    global number
    number += 1
    print("%s %d - %s" % ("ok" if got == want else "not ok", number, what))
    if got != want:
        print("# got  %r\n# want %r" % (got, want))


def ask(path, addresses):
    run = subprocess.run([PLAY, "look-up", path], input="\n".join(addresses), capture_output=True, text=True, timeout=100)
    assert run.returncode == 0, run.stderr[:2000]
    return [line.split(" ", 2)[1:] for line in run.stdout.splitlines()]


def maxmind(asn, name):
    return {"autonomous_system_number": mmdb.Number(asn), "autonomous_system_organization": name}


def search(networks, address):
    """(AS, name) of the longest prefix."""
    address = ipaddress.ip_address(address)
    found = [n for n in networks if n.version == address.version and address in n]
    return networks[max(found, key=lambda n: n.prefixlen)] if found else None


LAYOUTS = {
    "MaxMind's, DB-IP's and sapics'": maxmind,
    "IPinfo's ASN": lambda asn, name: {"asn": "AS%d" % asn, "domain": "example.net", "name": name,
                                       "route": "203.0.113.0/24", "type": "isp"},
    "IPinfo Lite": lambda asn, name: {"as_domain": "example.net", "as_name": name, "asn": "AS%d" % asn,
                                      "continent": "Asia", "continent_code": "AS", "country": "Japan"},
    "one with a number for asn": lambda asn, name: {"asn": mmdb.Number(asn, 9), "organization": name},
    "Enterprise, one level below": lambda asn, name: {
        "city": {"names": {"en": "Tokyo", "ja": "\u6771\u4eac"}}, "location": {"latitude": 35.6, "longitude": 139.7},
        "traits": dict(maxmind(asn, name), is_anycast=True)},
}


def test_layouts():
    for what, layout in LAYOUTS.items():
        for bits in 24, 28, 32:
            for pointers in False, True:
                path = DIR + "/layout.mmdb"
                mmdb.write(path, {"203.0.113.0/24": layout(64496, "Example, Inc."),
                                  "2001:db8::/32": layout(4200000000, "Six"),
                                  "2001:db8:0:0:8000::/65": layout(64498, "Half")}, bits, 6, pointers)
                check("%s, %d bits, pointers %s" % (what, bits, pointers),
                      ask(path, ["203.0.113.7", "203.0.114.7", "2001:db8::1", "2001:db8::8000:0:0:1", "2001:db9::"]),
                      [["64496", "Example, Inc."], ["0", ""], ["4200000000", "Six"], ["64498", "Half"], ["0", ""]])


def test_odd():
    path = DIR + "/odd.mmdb"
    mmdb.write(path, {"203.0.113.0/24": maxmind(64496, "Four")}, version=4)
    check("a tree of IPv4 alone", ask(path, ["203.0.113.7", "2001:db8::1"]), [["64496", "Four"], ["0", ""]])
    mmdb.write(path, {"203.0.113.0/24": {"asn": "", "as_name": ""}, "203.0.114.0/24": {"country": "JP"},
                      "203.0.115.0/24": {"asn": "ASxyz"}, "203.0.116.0/24": maxmind(0, "none"),
                      "203.0.117.0/24": {"asn": "AS99999999999"}, "203.0.118.0/24": [mmdb.Number(64496)]})
    check("no AS in the record", ask(path, ["203.0.%d.7" % i for i in range(113, 119)]), [["0", ""]] * 6)
    mmdb.write(path, {"203.0.113.0/24": maxmind(64496, "T\x1b[2J\u202e" + "x" * 300)})
    check("a name that would move the cursor", ask(path, ["203.0.113.7"])[0][1][:7], "T?[2J?x")
    mmdb.write(path, {"203.0.113.0/24": maxmind(64496, "far")}, 32, padding=["x" * 3000 + str(i) for i in range(300)])
    check("pointers that are long", ask(path, ["203.0.113.7"]), [["64496", "far"]])
    mmdb.write(path, {"203.0.113.0/25": maxmind(64496, "left"), "203.0.113.128/25": maxmind(64497, "right")}, 28,
               padding=["x" * 9000000, "y" * 9000000])
    check("records of which all 28 bits are used", ask(path, ["203.0.113.7", "203.0.113.200"]),
          [["64496", "left"], ["64497", "right"]])


def random_networks(seed, n):
    draw, networks = random.Random(seed), {}
    while len(networks) < n:
        if draw.random() < 0.5:
            network = ipaddress.ip_network((draw.getrandbits(32) & 0xc3ffffff, draw.randint(6, 32)), strict=False)
        else:
            network = ipaddress.ip_network(((0x2001 << 112) | draw.getrandbits(108) & ~(0xff << 96), draw.randint(20, 128)),
                                           strict=False)
        asn = draw.randint(1, 70)
        networks[network] = (asn, "name of %d" % asn)
    return draw, networks


def test_random():
    try:
        import maxminddb
    except ImportError:
        maxminddb = None
        print("# python3-maxminddb is not installed: held against the search alone")
    for seed, bits in (1, 24), (2, 28), (3, 32):
        draw, networks = random_networks(seed, 1500)
        path = "%s/random-%d.mmdb" % (DIR, seed)
        mmdb.write(path, {str(n): maxmind(*record) for n, record in networks.items()}, bits, aliases=seed != 3)
        addresses = []
        for network in draw.sample(sorted(networks, key=str), 1000):
            addresses += [str(network[0]), str(network[-1])]
        want = [list(map(str, search(networks, a) or (0, ""))) for a in addresses]
        check("%d addresses, %d bits" % (len(addresses), bits), ask(path, addresses), want)
        if maxminddb:
            with maxminddb.open_database(path) as reader:
                records = [reader.get(a) for a in addresses]
            check("libmaxminddb says the same", [[str(r["autonomous_system_number"]), r["autonomous_system_organization"]]
                                                 if r else ["0", ""] for r in records], want)


def test_damage():
    path = DIR + "/damage.mmdb"
    for what, layout in LAYOUTS.items():
        mmdb.write(path, {"203.0.113.0/24": layout(64496, "Example"), "2001:db8::/32": layout(64497, "Six"),
                          "128.0.0.0/1": layout(64498, "wide"), "2001:db8:5::/48": layout(64499, "narrow")})
        run = subprocess.run([PLAY, "damage", path, "1500", "7"], capture_output=True, text=True, timeout=200)
        check("damage: " + what, (run.returncode, run.stderr[:2000]), (0, ""))


try:
    test_layouts()
    test_odd()
    test_random()
    test_damage()
    print("1..%d" % number)
finally:
    shutil.rmtree(DIR)
