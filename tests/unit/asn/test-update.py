#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""test-update.py ROAMPOST ASN-PLAY: `roampost providers update` with files: what it takes, what it refuses
and in which words, and that the table that was there stays. With minisign where it is installed."""

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import mmdb  # noqa: E402

ROAMPOST, PLAY = sys.argv[1:]
DIR = tempfile.mkdtemp(prefix="roampost-update-")
CONFIG, STATE = DIR + "/roampost.conf", DIR + "/state"
ENV = dict(os.environ, HOME=DIR, ROAMPOST_CONFIG=CONFIG, ROAMPOST_STATE=STATE, LC_ALL="C.UTF-8")
TABLE = STATE + "/asn.table"
number = 0


def check(what, got, want):
    global number
    number += 1
    print("%s %d - %s" % ("ok" if got == want else "not ok", number, what))
    if got != want:
        print(("# got  %r" % (got,))[:1000], ("\n# want %r" % (want,))[:1000])


def configure(text):
    with open(CONFIG, "w") as out:
        out.write("[agent]\n" + text)
    os.chmod(CONFIG, 0o600)


def write(name, octets):
    with open(DIR + "/" + name, "wb") as out:
        out.write(octets if isinstance(octets, bytes) else octets.encode())
    return DIR + "/" + name


def update(*words):
    run = subprocess.run([ROAMPOST, "providers", "update", *words], env=ENV, capture_output=True, text=True, timeout=60)
    return run.returncode, run.stdout, run.stderr


def ask(*addresses):
    if not os.path.exists(TABLE):
        return None
    run = subprocess.run([PLAY, "look-up", TABLE], input="\n".join(addresses), capture_output=True, text=True, timeout=60)
    return [line.split(" ", 1)[1] for line in run.stdout.splitlines()]


def refused(what, words, *parts):
    before = open(TABLE, "rb").read() if os.path.exists(TABLE) else None
    status, out, err = update(*words)
    check(what, (status, out, [part for part in parts if part not in " ".join(err.split())]), (1, "", []))
    if [part for part in parts if part not in " ".join(err.split())]:
        print("# " + err)
    check(what + ": the table stays", open(TABLE, "rb").read() if before else None, before)
    check(what + ": nothing is left beside it", [n for n in os.listdir(STATE) if n.startswith("asn.table.")]
          if os.path.isdir(STATE) else [], [])


def test_files():
    configure("")
    csv = write("asn.csv", '203.0.113.0,203.0.113.255,64496,"Example, Inc."\n')
    refused("there is no such file", [DIR + "/none.csv"], "/none.csv: ", "no such file")
    check("a file", update(csv), (0, "%s: 3 ranges of IPv4, 0 of IPv6, 1 systems by name\n" % TABLE, ""))
    check("what it says", ask("203.0.113.7", "203.0.114.7"), ["64496 Example, Inc.", "0 "])
    check("its mode", oct(os.stat(TABLE).st_mode & 0o777), "0o644")
    six = write("asn6.csv.gz", gzip.compress(b"2001:db8::,2001:db8::ffff,64497,Six\n"))
    status, out, _ = update("--json", csv, six)
    check("two files, one packed", (status, json.loads(out)), (
        0, {"file": TABLE, "changed": True, "ipv4": 3, "ipv6": 3, "names": 2}))
    check("both are in it", ask("203.0.113.7", "2001:db8::7"), ["64496 Example, Inc.", "64497 Six"])
    path = DIR + "/asn.mmdb"
    mmdb.write(path, {"203.0.113.0/24": {"asn": "AS64498", "name": "IPinfo's"}})
    check("a MaxMind DB, its aliases left out", update(path)[:2],
          (0, "%s: 3 ranges of IPv4, 0 of IPv6, 1 systems by name\n" % TABLE))
    check("what it says", ask("203.0.113.7", "2002:cb00:7107::1"), ["64498 IPinfo's", "0 "])
    check("a table of ours", update(shutil.copy(TABLE, DIR + "/copy.table"))[0], 0)
    check("and says the same", ask("203.0.113.7"), ["64498 IPinfo's"])
    many = write("many.csv", "".join("203.0.%d.0/24,%d,\n" % (i, 64496 + i % 2) for i in range(200)))
    update(many)
    check("a table that has become much smaller is said", "the table has become smaller: it had 202 ranges, and now 3" in
          " ".join(update(csv)[2].split()), True)


def lookup(*words):
    run = subprocess.run([ROAMPOST, "lookup", *words], env=ENV, capture_output=True, text=True, timeout=60)
    return run.returncode, run.stdout, run.stderr


def test_lookup():
    configure("[provider ex]\nname=Ex\nasn=64496\n[provider both]\nasn=64496\nprefixes=203.0.113.0/24\n")
    update(write("asn.csv", '203.0.113.0/24,64496,"Example, Inc."\n203.0.114.0/24,64497,Other\n10.0.0.0/8,64496,leaked\n'))
    check("lookup, as JSON", json.loads(lookup("--json", "203.0.113.7", "203.0.114.7", "10.0.0.1")[1]), [
        {"address": "203.0.113.7", "providers": [{"provider": "both", "by": "prefix", "prefix": "203.0.113.0/24"},
                                                 {"provider": "both", "by": "asn"}, {"provider": "ex", "by": "asn"}],
         "asn": 64496, "as-name": "Example, Inc."},
        {"address": "203.0.114.7", "providers": [], "asn": 64497, "as-name": "Other"},
        {"address": "10.0.0.1", "providers": []}])
    check("lookup", [line.split(None, 3) for line in lookup("203.0.113.7", "203.0.114.7")[1].splitlines()[1:]], [
        ["203.0.113.7", "both", "203.0.113.0/24", "both"], ["both", "AS64496", "both"], ["ex", "AS64496", "Ex"],
        ["203.0.114.7", "none", "AS64497", "Other"]])


def test_packed():
    members = gzip.compress(b"203.0.113.0/24,64496,a\n") + gzip.compress(b"203.0.114.0/24,64497,b\n")
    configure("")
    check("packed in two, and zeros", update(write("two.gz", members + bytes(100)))[0], 0)
    check("both are there", ask("203.0.113.7", "203.0.114.7"), ["64496 a", "64497 b"])


def test_damage():
    """One octet of the only block of IPv4; what is known otherwise is said all the same."""
    configure("[provider ex]\nasn=64496\nprefixes=198.51.100.0/24\n")
    update(write("asn.csv", "203.0.113.0/24,64496,a\n"))
    octets = bytearray(open(TABLE, "rb").read())
    octets[int.from_bytes(octets[12:16], "big") + 5] ^= 1
    with open(TABLE, "wb") as out:
        out.write(octets)
    status, text, err = lookup("203.0.113.7")
    check("lookup in a damaged table", (status, "damaged there" in " ".join(text.split()), "providers update" in err), (1, True, True))
    check("of a prefix", [line.split()[:2] for line in lookup("198.51.100.1")[1].splitlines()[1:]], [["198.51.100.1", "ex"]])
    run = subprocess.run([ROAMPOST, "config", "check"], env=ENV, capture_output=True, text=True, timeout=60)
    check("config check", (run.returncode, "asn.table: warning: " in run.stdout, "1 warning" in run.stdout), (0, True, True))
    update(write("asn.csv", "203.0.113.0/24,64496,a\n"))
    check("made anew", lookup("203.0.113.7")[0], 0)


def test_simulate():
    configure("[provider ex]\nname=Ex\nasn=64496\n[server-set ex]\nprovider=ex\nrelay=inside\nidentities=a@ex.example\n"
              "smtp=smtp://mail.ex.example\nsmtp-tls=off\n")
    update(write("asn.csv", "203.0.113.0/24,64496,Example\n"))
    for address, verdict in ("203.0.113.7", "send"), ("203.0.114.7", "hold"):
        run = subprocess.run([ROAMPOST, "simulate", "--json", "--at", address, "--from", "a@ex.example", "--to", "b@c.example"],
                             env=ENV, capture_output=True, text=True, timeout=60)
        check("simulate at " + address, json.loads(run.stdout)["verdict"], verdict)


def test_refusals():
    refused("a bad line", [write("bad.csv", "203.0.113.0/24,64496,a\n203.0.113.0/24,x,b\n")],
            "/bad.csv: line 2: this is no AS number: “x”")
    refused("nothing in it", [write("none.csv", "# nothing\n")], "there is no range of addresses in it")
    refused("an archive", [write("geolite.zip", b"PK\x03\x04")], "ZIP archive: unpack it")
    refused("packed and cut", [write("cut.gz", gzip.compress(b"203.0.113.0/24,64496,a\n" * 1000)[:60])],
            "it is packed, and can't be unpacked")
    refused("packed, and more behind it", [write("more.gz", gzip.compress(b"203.0.113.0/24,64496,a\n") + b"<html>")],
            "more.gz: it is packed, and 6 octets follow that are not")
    refused("not encrypted", ["http://tables.example/asn.csv"], "http://tables.example/asn.csv: only https:// URLs")
    refused("a table of ours that is damaged", [write("damaged.table", open(TABLE, "rb").read()[:-5000] + bytes(5000))],
            "damaged")
    check("no source", (update()[0], "asn-source=" in update()[2]), (2, True))
    # The port is nobody's; the customer's key stays out of the message.
    status, _, err = update("https://user:secret@127.0.0.1:1/asn.csv?token=secret")
    check("a server that is not there", (status, "https://127.0.0.1:1/asn.csv: it can't be fetched" in err, "secret" in err),
          (1, True, False))
    configure("asn-source=http://tables.example/asn.csv\n")
    check("a bad source in the configuration", (update()[0], "it must be https://" in update()[2]), (1, True))
    configure("asn-source=https://user:secret@tables.example/asn.csv?token=secret\n")
    run = subprocess.run([ROAMPOST, "config", "show"], env=ENV, capture_output=True, text=True, timeout=60)
    check("config show has no customer's key", ("https://tables.example/asn.csv\n" in run.stdout,
                                                "secret" in run.stdout), (True, False))
    os.chmod(CONFIG, 0o644)
    check("which needs a private file", (update()[0], "chmod 600" in update()[2], "secret" in update()[2]), (1, True, False))
    configure("asn-trust=sha256:12\n")
    check("a bad sum", (update()[0], "64 hexadecimal digits" in update()[2]), (1, True))


def test_sums():
    csv = write("sum.csv", "203.0.113.0/24,64499,Summed\n")
    digest = hashlib.sha256(open(csv, "rb").read()).hexdigest()
    configure("asn-trust=sha256:%s\n" % ("0" * 64))
    refused("another sum", [csv], "/sum.csv: it is not what asn-trust says", "asn-trust=sha256:" + digest)
    configure("asn-source=%s\nasn-trust=sha256:%s;sha256:%s\n" % (csv, "0" * 64, digest.upper()))
    check("one of the sums, by asn-source", update()[0], 0)
    check("what it says", ask("203.0.113.7"), ["64499 Summed"])


def minisign(*words):
    subprocess.run(["minisign", *words], check=True, capture_output=True, input=b"\n\n", timeout=60)


def test_signatures():
    if not shutil.which("minisign"):
        print("# minisign is not installed: signatures are left out")
        return
    for name in "ours", "other":
        minisign("-G", "-W", "-p", "%s/%s.pub" % (DIR, name), "-s", "%s/%s.sec" % (DIR, name))
    key = open(DIR + "/ours.pub").read().splitlines()[1]
    configure("asn-trust=minisign:%s\n" % key)
    csv = write("signed.csv", "203.0.113.0/24,64500,Signed\n")
    signature = csv + ".minisig"
    refused("no signature", [csv], "/signed.csv: its signature", "/signed.csv.minisig: ", "there is no such file")
    status, _, err = -1, "", ""
    minisign("-S", "-s", DIR + "/ours.sec", "-m", csv)
    status, _, err = update(csv)
    if "was built without minisign" in err:
        check("built without libsodium, and said", status, 1)
        return
    check("signed", (status, ask("203.0.113.7")), (0, ["64500 Signed"]))
    minisign("-S", "-l", "-s", DIR + "/ours.sec", "-m", csv)
    check("signed in the old form", update(csv)[0], 0)
    text = open(signature).read()
    write("signed.csv.minisig", text.replace("timestamp:", "timestamp:1"))
    refused("a comment that was changed", [csv], "trusted comment was changed")
    write("signed.csv.minisig", "nothing\n")
    refused("no signature's file", [csv], "its signature is no file of minisign's")
    write("signed.csv.minisig", text)
    write("signed.csv", "203.0.113.0/24,64501,Signed\n")
    refused("the file was changed", [csv], "the signature is not of this file")
    minisign("-S", "-s", DIR + "/other.sec", "-m", csv)
    refused("signed by another, whose key lies beside it", [csv], "signed with another key")
    configure("asn-trust=minisign:%s;minisign:%s\n" % (key, open(DIR + "/other.pub").read().splitlines()[1]))
    check("one of two keys", (update(csv)[0], ask("203.0.113.7")), (0, ["64501 Signed"]))


def test_others():
    path = DIR + "/GeoLite2-ASN.mmdb"
    mmdb.write(path, {"203.0.113.0/24": {"autonomous_system_number": mmdb.Number(64496)}})
    configure("asn-table=%s\n" % path)
    before = open(path, "rb").read()
    status, _, err = update(write("asn.csv", "203.0.113.0/24,64499,a\n"))
    check("another program's table is not replaced", (status, "is a MaxMind DB: who put it there" in " ".join(err.split()),
                                                      open(path, "rb").read() == before), (1, True, True))


try:
    test_files()
    test_lookup()
    test_packed()
    test_damage()
    test_simulate()
    test_refusals()
    test_sums()
    test_signatures()
    test_others()
    print("1..%d" % number)
finally:
    shutil.rmtree(DIR)
