# SPDX-License-Identifier: Apache-2.0
"""What an ELF file says of itself, as readelf reads it."""
import pathlib
import re
import subprocess


def readelf(*arguments):
    return subprocess.run(["readelf", "-W", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, check=True).stdout


def is_elf(path):
    if path.is_symlink() or not path.is_file():
        return False
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


def needed(path):
    """The names of the libraries that the file wants to be loaded with it."""
    return re.findall(r"\(NEEDED\).*\[(.*)\]", readelf("-d", path))


def loader(path):
    found = re.search(r"interpreter: (.*)\]", readelf("-l", path))
    return found[1] if found else None


def weaknesses(path):
    """What a hardened program has and this one does not; empty when it is hardened."""
    headers, dynamic = readelf("-hl", path), readelf("-d", path)
    symbols, missing = readelf("--dyn-syms", path), []
    if not re.search(r"Type:\s+DYN", headers) or " PIE" not in dynamic:
        missing.append("not position-independent")
    if "GNU_RELRO" not in headers:
        missing.append("no RELRO")
    if "BIND_NOW" not in dynamic:
        missing.append("lazy binding")
    stack = re.search(r"GNU_STACK.* (RWE?) ", headers)
    if not stack or "E" in stack[1]:
        missing.append("executable stack")
    if re.search(r"\((RPATH|RUNPATH|TEXTREL)\)", dynamic):
        missing.append("RPATH, RUNPATH or TEXTREL")
    if "__stack_chk_fail" not in symbols:
        missing.append("no stack protector")
    if not re.search(r"__\w+_chk@", symbols):
        missing.append("not fortified")
    return missing


def unmet(root, files):
    """(file, library) for each library that is needed and not in the tree."""
    there = {p.name for folder in ("usr/lib", "usr/lib64") for p in (pathlib.Path(root) / folder).rglob("*")}
    return [(str(f), name) for f in files for name in needed(f) if name not in there]
