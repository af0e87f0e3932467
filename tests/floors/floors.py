#!/usr/bin/env python3
"""The table of floors in the architecture, as a check.

  floors.py includes ROOT             every #include below lib, gst, tools and examples
  floors.py symbols FLOOR NM LIBRARY  what a library of floor 1 asks of the outside

Ends with 1 and a line for each thing that a floor must not use.
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import pathlib
import re
import subprocess
import sys

# Standard headers that neither do I/O, nor read a clock or the environment, nor know threads.
# <chrono> and <random> can, which the symbols tell; <atomic> is for memory handed downstream.
PURE = set("""
    algorithm any array atomic bit bitset cassert cctype cerrno charconv chrono cinttypes climits
    cmath compare concepts cstddef cstdint cstring deque exception functional initializer_list
    iterator limits list map memory new numbers numeric optional queue random ranges ratio set span
    stack stdexcept string string_view tuple type_traits typeindex typeinfo unordered_map
    unordered_set utility variant vector tl/expected.hpp
""".split())

# Libraries with a place of their own; what is not here is the standard library or the system.
LIBRARIES = {
    "flatbuffers": r"flatbuffers/",
    "glib": r"(glib|gio|gobject|glib-object|glib-unix)(/|\.h|-)",
    "gstreamer-sdp": r"gst/sdp/",
    "gstreamer": r"gst/",
    "soup": r"libsoup/",
    "nice": r"(nice|agent)(/|\.h)",
    "openssl": r"openssl/",
    "usrsctp": r"usrsctp\.h",
    "mosquitto": r"mosquitto(\.h|pp|_)",
    "installed": r"p2plive/",
}


class Floor:
    """What the files of one folder may include."""

    def __init__(self, own, libraries, pure=False):
        self.own = own  # prefixes of "..." includes; None: any
        self.libraries = set(libraries)
        self.pure = pure

    def allows(self, header, quoted):
        if quoted:
            return ".." not in header and (
                self.own is None or any(header.startswith(prefix) for prefix in self.own))
        for library, pattern in LIBRARIES.items():
            if re.match(pattern, header):
                return library in self.libraries
        return not self.pure or header in PURE


ANY_LIBRARY = [library for library in LIBRARIES if library != "installed"]
NET_LIBRARIES = ["flatbuffers", "glib", "gstreamer-sdp", "soup", "nice", "openssl", "usrsctp",
                 "mosquitto"]
LIB_FLOORS = ["schemas/", "core/", "media/", "service/", "net/", "sim/", "viewer/"]

FLOORS = {
    "lib/core": Floor(["core/", "schemas/"], ["flatbuffers"], pure=True),
    "lib/media": Floor(["media/"], ["glib"], pure=True),
    "lib/service": Floor(["service/", "schemas/"], ["flatbuffers"], pure=True),
    "lib/net": Floor(["net/", "schemas/"], NET_LIBRARIES),
    "lib/sim": Floor(["sim/", "core/", "service/", "schemas/"], ["flatbuffers"], pure=True),
    "lib/viewer": Floor(LIB_FLOORS, ["flatbuffers", "glib", "openssl"]),
    "gst": Floor(["viewer/viewer.h"], ["glib", "gstreamer", "gstreamer-sdp"]),
    "tools": Floor(None, ANY_LIBRARY),
    "examples": Floor([], ["glib", "gstreamer", "gstreamer-sdp", "installed"]),
}

# The header that is installed has nothing but the standard library above it.
PUBLIC_HEADERS = {"lib/viewer/viewer.h": Floor([], [])}

# Stands in for the installed header in uninstalled builds, and forwards to it.
FORWARDING = {"lib/viewer/uninstalled/p2plive/viewer.h": "../../viewer.h"}

INCLUDE = re.compile(r'^\s*#\s*include\b\s*(?:"([^"]+)"|<([^>]+)>)?')
# Of GLib the playlists get GUri, and what frees its strings.
MEDIA_GLIB = re.compile(r"^(g_uri_\w+|G_URI_\w+|g_free)$")


def sources(folder):
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".h", ".hpp", ".c", ".cc", ".cpp"} and path.is_file():
            yield path


def check_file(root, path, floor):
    """Yields a line for each forbidden thing in one file."""
    name = path.relative_to(root).as_posix()
    floor = PUBLIC_HEADERS.get(name, floor)
    beside = {other.name for other in path.parent.iterdir()}
    flat = name.startswith(("gst/", "tools/", "examples/"))  # not a library: no floor in names
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            quoted, angled = match.groups()
            header = quoted or angled
            if header is None:
                yield f"{name}:{number}: an #include that cannot be checked: {line.strip()}"
            elif quoted and (FORWARDING.get(name) == quoted or (flat and quoted in beside)):
                continue
            elif not floor.allows(header, bool(quoted)):
                yield f"{name}:{number}: must not include {header}"
        if name.startswith("lib/media/"):
            for word in re.findall(r"\b[gG]_\w+", line):
                if not MEDIA_GLIB.match(word):
                    yield f"{name}:{number}: must not use {word}; of GLib there is GUri only"


def check_includes(root):
    root = pathlib.Path(root)
    problems = []
    folders = [root / "lib" / folder.name for folder in sorted((root / "lib").iterdir())
               if folder.is_dir()]
    folders += [root / name for name in ("gst", "tools", "examples") if (root / name).is_dir()]
    for folder in folders:
        name = folder.relative_to(root).as_posix()
        if name not in FLOORS:
            problems.append(f"{name}: a folder without a floor; add it to the table")
            continue
        for path in sources(folder):
            problems.extend(check_file(root, path, FLOORS[name]))
    return problems


# What is forbidden by its name in C, or the beginning of its name in C++.
FORBIDDEN_C = {
    "a socket": r"socket|socketpair|bind|listen|accept4?|connect|shutdown|send(to|msg|mmsg)?"
                r"|recv(from|msg|mmsg)?|[gs]etsockopt|getaddrinfo|gethostby\w+|getsockname"
                r"|getpeername|p?select|p?poll|epoll_\w+|eventfd",
    "a clock": r"clock_\w+|clock|gettimeofday|timespec_get|time|ftime|nanosleep|u?sleep|timer_\w+"
               r"|timerfd_\w+|alarm|setitimer",
    "a thread": r"pthread_\w+|thrd_\w+|mtx_\w+|cnd_\w+|sem_\w+|sched_\w+|fork|vfork|clone",
    "a file": r"(__)?open(at)?(64)?(_2)?|creat(64)?|f(d|re)?open(64)?|fclose|read|write|p(read|write)(64)?"
              r"|readv|writev|close|f?stat(at)?(64)?|lstat(64)?|__xstat\w*|unlink(at)?|rename(at)?|mkdir"
              r"|rmdir|opendir|readdir(64)?|mmap(64)?|dlopen|popen|system|exec\w+|posix_spawnp?|remove"
              r"|tmpfile(64)?|mkstemp(64)?",
    "output or input": r"v?f?printf|__v?f?printf_chk|puts|fputs|putchar|f?putc|fwrite|fread|fgets|fflush"
                       r"|getline|v?f?scanf|stdin|stdout|stderr|syslog",
    "the environment": r"(secure_)?getenv|setenv|getpid|getuid|gethostname|uname|syscall|ioctl",
    "unseeded randomness": r"s?rand|rand_r|s?random|[dlm]rand48|getrandom|getentropy|arc4random\w*",
    "GLib or another library": r"(g|gst|soup|nice|usrsctp|mosquitto|SSL|RAND|EVP|BIO)_\w+",
}
FORBIDDEN_CPP = {
    "a clock": r"std::chrono::(_V2::)?\w+_clock::now",
    "a thread": r"std::(thread|jthread|this_thread|mutex|recursive_mutex|timed_mutex|shared_mutex"
                r"|condition_variable|__future_base|__condvar|__atomic_futex|call_once|__once_call)",
    "a file": r"std::(__cxx11::)?(basic_)?([io]?fstream|filebuf)|std::filesystem",
    "output or input": r"std::w?(cout|cin|cerr|clog)\b|std::ios_base::Init",
    "unseeded randomness": r"std::random_device",
}
ALLOWED = {"core": None, "service": None, "media": re.compile(r"g_uri_\w+|g_free")}


def reason(symbol):
    """What a demangled undefined symbol would do; None: nothing to object."""
    # "vtable for std::...", or the type of a template function before its name.
    for why, pattern in FORBIDDEN_CPP.items():
        if re.search(r"(^|[ <(&*])(" + pattern + ")", symbol):
            return why
    for why, pattern in FORBIDDEN_C.items():
        if re.fullmatch(pattern, symbol):
            return why
    return None


def check_symbols(floor, nm, library):
    output = subprocess.run([nm, "-u", "-C", library], check=True, capture_output=True, text=True)
    member, count, problems = "?", 0, []
    for line in output.stdout.splitlines():
        if line.endswith(":"):
            member = line[:-1]
            continue
        match = re.match(r"\s*[Uvw] (.+)$", line)
        if not match:
            continue
        count += 1
        symbol = re.sub(r"@.*$", "", match.group(1))
        allowed = ALLOWED[floor]
        why = None if allowed and allowed.fullmatch(symbol) else reason(symbol)
        if why:
            problems.append(f"{library}: {member} must not use {why}: {symbol}")
    if count == 0:
        problems.append(f"{library}: no undefined symbols at all, so nothing was checked")
    return problems


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "includes":
        problems = check_includes(arguments[1])
    elif len(arguments) == 4 and arguments[0] == "symbols":
        problems = check_symbols(*arguments[1:])
    else:
        sys.exit(__doc__)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
