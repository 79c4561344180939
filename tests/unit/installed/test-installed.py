#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: test-installed.py SOURCE BUILD

What `meson install` puts where, and what packages say of it: manual pages, desktop files, metadata, icons, and
that the descriptions of packages (debian/, packaging/) follow the build. The packages themselves are made by
script/package."""

import fnmatch
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from cases import Skip, equal, main, test  # noqa: E402

SOURCE, BUILD = (pathlib.Path(word) for word in sys.argv[1:3])
SVG = "{http://www.w3.org/2000/svg}"


def introspect(what):
    return json.loads(subprocess.run(["meson", "introspect", "--" + what, str(BUILD)], check=True,
                                     stdout=subprocess.PIPE, text=True).stdout)


def installed():
    """{path below the prefix, or absolute: file of the build or the source}."""
    prefix = next(o["value"] for o in introspect("buildoptions") if o["name"] == "prefix")
    return {path.removeprefix(prefix.rstrip("/") + "/"): file for file, path in introspect("installed").items()}


def run(*words):
    """What a checker has to say; the program must be there."""
    if not shutil.which(words[0]):
        raise Skip(f"{words[0]} is not installed")
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


def pages():
    return [file for path, file in installed().items() if re.search(r"/man\d/", path)]


# ---- manual pages ----

@test
def each_program_and_file_format_has_a_page():
    paths = installed()
    names = {re.sub(r"\.\d$", "", path.split("/")[-1]) for path in paths if re.search(r"/man\d/", path)}
    programs = {path.split("/")[-1] for path in paths if re.match(r"s?bin/", path)}
    equal(sorted(programs - names), [])
    equal(sorted({"roampost.conf", "roampost-asn", "roampost-policy", "org.roampost.Agent1"} - names), [])


@test
def mandoc_has_nothing_to_say():
    complaints = []
    for page in pages():
        status, output = run("mandoc", "-T", "lint", page)
        # Whether the other pages are installed here is no matter of this one.
        complaints += [line for line in output.splitlines()
                       if "referenced manual not found" not in line and "makewhatis" not in line]
    equal(complaints, [])


@test
def groff_has_nothing_to_say():
    for page in pages():
        for device in ("ascii", "utf8", "html"):
            status, output = run("sh", "-c", f"groff -ww -mdoc -T{device} '{page}' 2>&1 >/dev/null")
            # A URL is longer than a line, and stays whole.
            output = "".join(line for line in output.splitlines(True) if not re.search(r"can('t|not) break line$", line))
            # Without its extras groff makes no HTML.
            if "grohtml" not in output and "post-grohtml" not in output and "pnm" not in output:
                equal((page, output), (page, ""))


@test
def what_is_typed_can_be_copied():
    """Where groff is as its makers have it, "-" is a hyphen (U+2010); Debian's is not. Words may be divided by one."""
    with tempfile.TemporaryDirectory() as makers:
        (pathlib.Path(makers) / "mdoc.local").write_text(".char - \\[u2010]\n")
        for page in pages():
            status, output = run("sh", "-c", f"groff -mdoc -Tutf8 -P-c -M '{makers}' '{page}' 2>&1")
            output = re.sub(".\b", "", output)  # bold and underlined
            equal((page, re.findall(r".*\u2010(?!\n).*", output)), (page, []))


@test
def the_interface_page_names_all_of_it():
    page = next(pathlib.Path(page).read_text() for page in pages() if "Agent1" in page)
    interface = ET.parse(SOURCE / "dbus/org.roampost.Agent1.xml").getroot().find("interface")
    for kind, macro in (("method", ".It Fn"), ("signal", ".It Fn"), ("property", ".It Va")):
        for member in interface.findall(kind):
            if not re.search(rf"^{re.escape(macro)} {member.get('name')}\b", page, re.M):
                raise AssertionError(f"{kind} {member.get('name')} is missing")


# ---- modules ----

@test
def modules_are_found_by_programs_of_their_own_version_alone():
    folders = {re.sub(r"^.*?(?=/roampost/)", "", path.rpartition("/")[0]) for path in installed() if path.endswith(".so")}
    equal(folders, {"/roampost/" + introspect("projectinfo")["version"]})


# ---- the desktop ----

@test
def desktop_files_are_valid():
    found = [file for path, file in installed().items() if path.endswith(".desktop")]
    # The agent's two, and the window's where it is built.
    equal(len(found) - any(file.endswith("org.roampost.Outbox.desktop") for file in found), 2, str(found))
    for file in found:
        equal(run("desktop-file-validate", file), (0, ""))


@test
def metadata_is_valid():
    found = [file for path, file in installed().items() if path.endswith(".metainfo.xml")]
    for file in found:
        status, output = run("appstreamcli", "validate", "--no-net", "--pedantic", file)
        # There is no web page whose address AppStream 1.0 asks for.
        equal([line for line in output.splitlines() if re.match(r" *[EW]:", line) and "url-homepage-missing" not in line],
              [], output)
        equal("alidation" in output, True, output)
    releases = {ET.parse(file).find(".//release").get("version") for file in found}
    equal(releases, {introspect("projectinfo")["version"]})


@test
def icons_are_all_there_and_take_the_colour_of_the_panel():
    icons = {path.split("/")[-1]: file for path, file in installed().items() if path.endswith(".svg")}
    wanted = {"roampost.svg", "roampost-symbolic.svg"}
    for source in SOURCE.glob("src/*/*.c"):
        wanted |= {name + ".svg" for name in re.findall(r'"(roampost-\w+-symbolic)"', source.read_text())}
    equal(sorted(wanted - set(icons)), [])
    shapes = set()
    for name, file in icons.items():
        root = ET.parse(file).getroot()
        if name.endswith("-symbolic.svg"):
            equal((root.get("width"), root.get("height")), ("16", "16"), name)
            # GTK replaces this one by the text's colour, and leaves any other.
            equal({e.get("fill") for e in root.iter() if e.get("fill")}, {"#2e3436"}, name)
        shapes.add(" ".join(e.get("d", "") for e in root.iter(SVG + "path")))
    equal(len(shapes), len(icons), "two icons look alike")


# ---- the administrator's configuration ----

@test
def the_folder_that_readme_writes_to_is_there():
    for readme in ("README.md", "README.ja.md"):
        equal(" | sudo tee -a /etc/roampost/roampost.conf\n" in (SOURCE / readme).read_text(), True, readme)
    status, output = run("meson", "install", "--no-rebuild", "--dry-run", "-C", str(BUILD))
    equal((status, re.findall(r"^Installing new directory .*(/etc/roampost\S*)$", output, re.M)), (0, ["/etc/roampost/providers.d"]))


# ---- packages ----

@test
def versions_are_the_same_everywhere():
    version = introspect("projectinfo")["version"]
    said = {
        "debian/changelog": re.match(r"roampost \(([^-)]+)", (SOURCE / "debian/changelog").read_text())[1],
        "roampost.spec": re.search(r"^Version: +(.*)$", (SOURCE / "packaging/rpm/roampost.spec").read_text(), re.M)[1],
        "PKGBUILD": re.search(r"^pkgver=(.*)$", (SOURCE / "packaging/arch/PKGBUILD").read_text(), re.M)[1],
        "metainfo": ET.parse(SOURCE / "conf/desktop/org.roampost.roampost.metainfo.xml").find(".//release").get("version"),
    }
    equal(said, dict.fromkeys(said, version))


def setup_packages():
    """Those of script/setup's build list that are libraries."""
    text = (SOURCE / "script/setup").read_text()
    words = re.search(r"^build_packages=\((.*?)^\)", text, re.M | re.S)[1].split()
    return {word for word in words if word.startswith("lib") and word != "libc6-dev"}


@test
def packages_need_what_the_build_needs():
    names = set(re.findall(r"^\w* ?= ?dependency\('([^']+)'|dependency\('([^']+)'", (SOURCE / "meson.build").read_text(), re.M))
    names = {a or b for a, b in names}
    spec = (SOURCE / "packaging/rpm/roampost.spec").read_text()
    equal(sorted(names - set(re.findall(r"pkgconfig\(([^)]+)\)", spec))), [], "the spec")
    control = (SOURCE / "debian/control").read_text().split("\n\n")[0]
    equal(sorted(name for name in setup_packages() if not re.search(rf"^ {re.escape(name)},$", control, re.M)), [],
          "debian/control")


# As Arch calls what pkg-config has; what others bring along is left out.
ARCH = {"dbus-1": "dbus", "glib-2.0": "glib2", "gmime-3.0": "gmime3", "json-glib-1.0": "json-glib", "libadwaita-1": "libadwaita",
        "libcurl": "curl", "libgsasl": "gsasl", "libnm": "libnm", "libpsl": "libpsl", "libsecret-1": "libsecret",
        "libsodium": "libsodium", "miniupnpc": "miniupnpc", "sqlite3": "sqlite", "systemd": "systemd"}
BY_GLIB = {"gio-2.0", "gio-unix-2.0", "gmodule-no-export-2.0"}


@test
def the_pkgbuild_needs_what_the_build_needs():
    names = set(re.findall(r"dependency\('([^']+)'", (SOURCE / "meson.build").read_text()
                           + (SOURCE / "src/outbox/meson.build").read_text())) - BY_GLIB
    text = (SOURCE / "packaging/arch/PKGBUILD").read_text()
    said = set(" ".join(re.findall(r"^(?:make)?depends=\((.*)\)$", text, re.M)).split())
    equal(sorted(names - set(ARCH)), [], "how does Arch call them?")
    equal(sorted({ARCH[name] for name in names} - said), [])


@test
def the_window_is_the_same_files_in_all_packages():
    debian = set((SOURCE / "debian/roampost-outbox.install").read_text().split())
    arch = set(re.search(r"^_outbox=\((.*?)^\)", (SOURCE / "packaging/arch/PKGBUILD").read_text(), re.M | re.S)[1].split())
    equal(arch, debian)
    built = {"usr/" + path for path in installed() if re.search(r"outbox|Outbox", path)}
    if "usr/bin/roampost-outbox" not in built:
        raise Skip("the window is not built here")
    equal(built, debian)
    equal(run("bash", "-n", SOURCE / "packaging/arch/PKGBUILD"), (0, ""))


@test
def the_spec_can_be_read():
    status, output = run("rpmspec", "--query", "--queryformat=%{name} ", SOURCE / "packaging/rpm/roampost.spec")
    equal((status, output), (0, "roampost roampost-mta roampost-outbox "))


@test
def the_spec_lists_what_is_installed():
    spec = (SOURCE / "packaging/rpm/roampost.spec").read_text()
    files = re.search(r"^%files -f %\{name\}\.lang\n(.*)^%files mta", spec, re.M | re.S)[1]
    places = {"%{_bindir}": "bin", "%{_sbindir}": "sbin", "%{_libdir}": "lib*", "%{_datadir}": "share",
              "%{_mandir}": "share/man", "%{_sysconfdir}": "etc", "%{_userunitdir}": "lib/systemd/user"}
    patterns = []
    for word in re.findall(r"%\{_\w+\}\S*", files):
        name, rest = re.match(r"(%\{\w+\})(.*)", word).groups()
        patterns.append(places[name] + rest + ("*" if rest.endswith("/") else ""))
    left = [path for path in installed() if not path.endswith("/LC_MESSAGES/roampost.mo") and not any(fnmatch.fnmatch(re.sub(r"^/?(usr/)?", "", path), pattern)
                                                    for pattern in patterns)]
    equal(left, [])


main()
