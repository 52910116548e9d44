"""Installs swarmd inside the image's first stage, with the base's Python and the context's wheels.

Usage: python3 -I install.py CONTEXT PREFIX OUT; what belongs into the image is then below OUT.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

EPOCH = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))


def main(context: Path, prefix: Path, out: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", prefix], check=True)
    python = prefix / "bin" / "python3"
    install(context, python)
    write_plugin_cache(prefix)
    for name in ("healthcheck.py", "sbom.cdx.json"):
        shutil.copy(context / name, prefix)
    lay_out(context, prefix, out)
    set_times(out)
    # Python takes the compiled files unseen: nothing here changes, and times tell nothing.
    subprocess.run(
        [python, "-I", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash",
         "-s", out, "-p", "/", out / prefix.relative_to("/")],
        check=True,
    )  # fmt: skip
    set_times(out)


def install(context: Path, python: Path) -> None:
    (pip,) = context.glob("wheels/pip-*.whl")
    (swarmd,) = context.glob("swarmd-*.whl")
    command = [python, pip / "pip", "install", "--no-index", "--no-deps", "--no-compile", "-q"]
    command += ["--find-links", context / "wheels", "--no-cache-dir", "--root-user-action=ignore"]
    lock = ["--require-hashes", "--only-binary=:all:", "-r", context / "requirements.txt"]
    subprocess.run([*command, *lock], check=True)
    subprocess.run([*command, swarmd], check=True)


def write_plugin_cache(prefix: Path) -> None:
    """Twisted's list of plugins, which it could not write later; in order, whatever the disk's."""
    subprocess.run(
        [prefix / "bin" / "twistd", "--help"], check=True, stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    script = (
        "import pickle, sys; path = sys.argv[1]; cache = pickle.load(open(path, 'rb')); "
        "data = pickle.dumps(dict(sorted(cache.items()))); open(path, 'wb').write(data)"
    )
    for cache in prefix.glob("lib/*/site-packages/twisted/plugins/dropin.cache"):
        subprocess.run([prefix / "bin" / "python3", "-c", script, cache], check=True)


def lay_out(context: Path, prefix: Path, out: Path) -> None:
    shutil.copytree(prefix, out / prefix.relative_to("/"), symlinks=True)
    for folder in ("var/lib/swarmd", "run/swarmd"):  # for whatever user it is run as
        (out / folder).mkdir(parents=True)
        (out / folder).chmod(0o1777)
    (out / "etc/swarmd").mkdir(parents=True)
    shutil.copy(context / "swarmd.toml", out / "etc/swarmd")


def set_times(out: Path) -> None:
    """The plugin cache has to be younger than the plugins."""
    for path in [out, *out.rglob("*")]:
        time = EPOCH + (path.name == "dropin.cache")
        os.utime(path, (time, time), follow_symlinks=False)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
