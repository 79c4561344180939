# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls whom, by the symbols of a build's objects; and circles in any graph of arrows."""

import collections
import json
import pathlib
import re
import subprocess

# Every program has the one, every module the other.
NOBODYS = {"main", "rp_module_init"}


class NotBuilt(Exception):
    """The build has no objects to be read; its text says why."""


def circles(graph):
    """The circles of {node: nodes}: its components of more than one, the largest first (Tarjan)."""
    index, low, stack, on_stack, found = {}, {}, [], set(), []

    def enter(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        on_stack.add(node)
        return node, iter(sorted(graph.get(node, ())))

    for start in sorted(graph):
        path = [enter(start)] if start not in index else []
        while path:
            node, arrows = path[-1]
            for other in arrows:
                if other not in index:
                    path.append(enter(other))
                    break
                if other in on_stack:
                    low[node] = min(low[node], index[other])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
                if low[node] == index[node]:
                    at = stack.index(node)
                    component = stack[at:]
                    del stack[at:]
                    on_stack.difference_update(component)
                    if len(component) > 1:
                        found.append(sorted(component))
    return sorted(found, key=lambda component: (-len(component), component))


def objects(root, build):
    """(source relative to the root, object), of all that is compiled under src/. A source that is
    made by the build counts as if it stood in its folder."""
    commands = build / "compile_commands.json"
    if not commands.exists():
        raise NotBuilt("there is no compile_commands.json: not built by ninja here")
    for command in json.loads(commands.read_text()):
        if not command["output"].startswith("src/"):
            continue
        if re.search(r" -flto\b", command["command"]):
            raise NotBuilt("built with link-time optimisation: objects have no symbols yet")
        directory = pathlib.Path(command["directory"])
        source = (directory / command["file"]).resolve()
        base = build if source.is_relative_to(build) else root
        made = directory / command["output"]
        if not made.exists():
            raise NotBuilt(f"{command['output']} is not built")
        yield str(source.relative_to(base)), made


def symbols(made):
    """{object: (defined, undefined)}; what is local to an object counts for neither."""
    found = {str(path): (set(), set()) for path in made}
    output = subprocess.run(["nm", "--print-file-name", *found], capture_output=True, text=True, check=True).stdout
    for line in output.splitlines():
        path, _, rest = line.rpartition(":")
        kind, name = rest.split()[-2:]
        if kind in "TDBRSGVWC":
            found[path][0].add(name)
        elif kind in "Uvw":
            found[path][1].add(name)
    return found


def arrows(root, build):
    """{source: {source: symbols}}: an arrow for each undefined symbol of the one whose only
    definition is in the other. What a sanitizer adds is defined nowhere in the tree."""
    defined, undefined = collections.defaultdict(set), collections.defaultdict(set)
    graph = {}
    sources = list(objects(root, build))
    found = symbols(made for _, made in sources)
    for source, made in sources:
        has, wants = found[str(made)]
        graph[source] = collections.defaultdict(set)
        undefined[source] |= wants
        for name in has - NOBODYS:
            defined[name].add(source)
    for source, wants in undefined.items():
        for name in wants:
            if len(defined.get(name, ())) == 1 and source not in defined[name]:
                graph[source][next(iter(defined[name]))].add(name)
    return graph


def between_folders(graph, folder_of):
    """The same graph between folders: {folder: folders}."""
    folders = collections.defaultdict(set)
    for source, used in graph.items():
        folders[folder_of(source)] |= {folder_of(other) for other in used} - {folder_of(source), None}
    return folders
