#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""asn.py BUILD [--rows N] [--table CSV..]: a table of AS numbers as large as the internet's, made by chance
(or one that is given): how long `roampost providers update` takes for it, and what bench-asn says of its
look-ups, beside libmaxminddb's in a MaxMind DB with the same ranges."""

import argparse
import ipaddress
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../unit/asn"))
import mmdb  # noqa: E402

SYSTEMS = 80000


def make(path, rows, draw):
    """Prefixes that follow each other with gaps; about 28 % of IPv6, as today. Returns {prefix: AS}."""
    networks, names = {}, {}
    for version, count, bits, at, sizes in (
            (4, rows * 72 // 100, 32, 1 << 24, range(19, 25)), (6, rows - rows * 72 // 100, 128, 0x2001 << 112, (32, 36, 40, 44, 48))):
        while count:
            length = draw.choice(sizes)
            size = 1 << (bits - length)
            at = (at + size - 1) // size * size
            if draw.random() < 0.9:
                networks[ipaddress.ip_network((at, length)) if version == 4 else ipaddress.IPv6Network((at, length))] = \
                    draw.randint(1, SYSTEMS)
                count -= 1
            at += size
    for asn in range(1, SYSTEMS + 1):
        names[asn] = "Example Network %d, Inc." % asn
    with open(path, "w") as out:
        for network, asn in networks.items():
            out.write('%s,%s,%d,"%s"\n' % (network[0], network[-1], asn, names[asn]))
    return networks, names


def read(paths):
    """The same of a table that is given: FIRST,LAST,ASN,NAME."""
    import csv
    networks, names = {}, {}
    for path in paths:
        with open(path, newline="") as text:
            for first, last, asn, name in csv.reader(text):
                names.setdefault(int(asn), name)
                for network in ipaddress.summarize_address_range(ipaddress.ip_address(first), ipaddress.ip_address(last)):
                    networks[network] = int(asn)
    return networks, names


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build")
    parser.add_argument("--rows", type=int, default=515000)
    parser.add_argument("--table", nargs="*", default=[])
    options = parser.parse_args()
    folder, draw = tempfile.mkdtemp(prefix="roampost-bench-asn-"), random.Random(7)
    try:
        paths = options.table or [folder + "/asn.csv"]
        networks, names = read(paths) if options.table else make(paths[0], options.rows, draw)
        env = dict(os.environ, HOME=folder, ROAMPOST_STATE=folder, ROAMPOST_CONFIG=folder + "/roampost.conf")
        open(folder + "/roampost.conf", "w").close()
        began = time.monotonic()
        print(subprocess.run([options.build + "/src/cli/roampost", "providers", "update", *map(os.path.abspath, paths)], env=env,
                             check=True, capture_output=True, text=True).stdout.replace(folder, ""), end="")
        print("made in %.2f s" % (time.monotonic() - began))
        table, other = folder + "/asn.table", folder + "/asn.mmdb"
        mmdb.write(other, {str(n): {"autonomous_system_number": mmdb.Number(asn), "autonomous_system_organization": names[asn]}
                           for n, asn in networks.items()}, 28)
        print("the file: %.1f MB; as MaxMind DB: %.1f MB, %d prefixes" % (
            os.path.getsize(table) / 1e6, os.path.getsize(other) / 1e6, len(networks)))
        with open(folder + "/addresses", "w") as out:
            for network in draw.sample(list(networks), min(100000, len(networks))):
                out.write("%s\n" % network[draw.randrange(min(network.num_addresses, 1 << 40))])
        print(subprocess.run([options.build + "/tests/bench/bench-asn", table, other, folder + "/addresses"], check=True,
                             capture_output=True, text=True).stdout, end="")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
