# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers of the house, as the table in HACKING.md has them: which folder may use which. Besides,
whose contract each public header is, and which libraries belong to which files."""

import re

# Words of the table's last column that are no folders of ours.
NO_FOLDERS = {"GLib"}
# Everybody stands on it, whether the table says so or not.
GROUND_FLOOR = "base"

# Public headers of types alone. All others say by the functions they declare whose they are.
OWNERS_OF_TYPES = {}

# Libraries that stay inside some files: how their headers are told in a #include and in the path of
# a dependency record, and the sources that may see them.
LIBRARIES = {
    "libnm": (r"NetworkManager\.h|libnm/|nm-[a-z-]+\.h", r"/libnm/", r"src/link/networkmanager[^/]*\.[ch]$"),
    "libgsasl": (r"gsasl[a-z-]*\.h", r"/gsasl[a-z-]*\.h$", r"src/transport/scram[^/]*\.[ch]$"),
    "libdbus": (
        r"dbus/",
        r"/dbus-1\.0/",
        r"(src/(dbusloop|bus|desktop|names)/|src/doctor/bus\.c$|src/secrets/(keyring-watch|online-account|online-list)\.c$|src/link/(ppp|modemmanager)[^/]*\.[ch]$|include/roampost/dbusloop\.h$)",
    ),
    "libpsl": (r"libpsl\.h", r"/libpsl\.h$", r"src/setup/registrable-module\.c$"),
    "libsodium": (r"sodium(\.h|/)", r"/sodium(\.h|/)", r"src/asn/minisign-module\.c$"),
    "libsecret": (r"libsecret/", r"/libsecret/", r"src/secrets/secretservice-module\.c$"),
    "miniupnpc": (r"miniupnpc/", r"/miniupnpc/", r"src/locate/ask-upnp\.c$"),
    "libcurl": (r"curl/", r"/curl/", r"src/transport/curl-[^/]*\.[ch]$"),
}

# core/ and proto/ decide with what they are given: no clock, no file, no loop.
PURE = {"core", "proto"}
IMPURE_HEADERS = re.compile(
    r"gio/|glib-unix|gmodule|time\.h|unistd\.h|fcntl\.h|stdio\.h|poll\.h|sys/|netdb\.h|pthread\.h|signal\.h"
)


def without_comments(text):
    return re.sub(r"/\*.*?\*/", lambda found: "\n" * found[0].count("\n"), text, flags=re.S)


def read_table(hacking):
    """({folder: those it may use}, complaints about the table), from the text of HACKING.md."""
    may_use, complaints = {}, []
    for folder, column in re.findall(r"^\| `src/(\w+)/` \|[^|]*\|([^|\n]*)\|$", hacking, re.M):
        column = column.replace("all of the above", ",".join(may_use))
        words = {word.strip(" `/") for word in column.split(",")} - {""} - NO_FOLDERS
        # A row names rows above it only, so the table itself has no circle.
        for word in sorted(words - set(may_use)):
            complaints.append(f"HACKING.md: {folder}/ may use {word}/, which is no row above it")
        may_use[folder] = words | {GROUND_FLOOR} - {folder}
    if not may_use:
        complaints.append("HACKING.md: there is no table of folders")
    return may_use, complaints


def find_owners(root):
    """({public header: the folder that defines its functions}, complaints)."""
    defined, owners, complaints = {}, {}, []
    for path in root.glob("src/*/*.c"):
        for name in re.findall(r"^(rp_\w+)\(", path.read_text(errors="replace"), re.M):
            defined[name] = path.parent.name
    for path in sorted(root.glob("include/roampost/*.h")):
        text = without_comments(path.read_text(errors="replace"))
        declared = re.findall(r"^[A-Za-z][^;{}()=]*?\b(rp_\w+)\(", text, re.M)
        folders = {defined[name] for name in declared if name in defined}
        if path.name in OWNERS_OF_TYPES:
            folders = {OWNERS_OF_TYPES[path.name]}
        if len(folders) == 1:
            owners[path.name] = folders.pop()
        elif folders:
            complaints.append(f"{path.name} is a contract of {' and '.join(sorted(folders))}")
        else:
            complaints.append(f"{path.name} declares nothing that is defined: OWNERS_OF_TYPES says whose it is")
    return owners, complaints


class Layers:
    def __init__(self, root):
        self.root = root
        self.may_use, self.complaints = read_table((root / "HACKING.md").read_text())
        self.owners, more = find_owners(root)
        self.complaints += more
        for folder in sorted(path.name for path in (root / "src").iterdir() if path.is_dir()):
            if folder not in self.may_use:
                self.complaints.append(f"src/{folder}/ has no row in HACKING.md's table")

    def folder_of(self, path):
        """The folder a path of the tree belongs to, or None: src/X/..., include/roampost/X.h."""
        parts = path.split("/")
        if len(parts) >= 3 and parts[0] == "src":
            return parts[1]
        if len(parts) == 3 and parts[:2] == ["include", "roampost"]:
            return self.owners.get(parts[2])
        return None

    def reach(self, folder):
        """What comes along with what a folder may use: what that may use, and so on."""
        found, todo = set(), [folder]
        while todo:
            for used in self.may_use.get(todo.pop(), ()):
                if used not in found:
                    found.add(used)
                    todo.append(used)
        return found

    def complaint(self, path, used, along=False):
        """Why `path` may not use `used` (both relative to the tree's root), or None. `along`: the
        compiler saw it, maybe by way of what is used."""
        mine, other = self.folder_of(path), self.folder_of(used)
        if mine is None or other is None or mine == other:
            return None
        if used.startswith("src/") and used.endswith(".h"):
            return f"{path}: {used} is a private header of {other}/"
        if other not in (self.reach(mine) if along else self.may_use.get(mine, ())):
            return f"{path}: {mine}/ may not use {other}/ ({used})"
        return None
