"""Kills fetch and repair with SIGKILL at random moments and looks at what is left, hundreds of times.

usage: kill.py TRAINAUDIT [ROUNDS]

After every kill: a shard's final name means exactly the expected bytes (or, in a repair, still the damaged ones), every
damaged file is still there under its name or in quarantine, and files of the user are as they were.
"""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

tool = os.path.realpath(sys.argv[1])
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 300
piece = 1 << 16
generator = random.Random(11)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)


def require(condition, message):
    if not condition:
        sys.exit(f"kill: {message}")


class Ground:
    """A folder of good shards, a server for it, a lock file, and a folder that is worked on."""

    def __init__(self, root):
        self.root = root
        self.good = {}
        os.makedirs(f"{root}/good")
        for index in range(12):
            content = generator.randbytes((3 << 20) + 1000 * index)
            self.good[f"s{index:02d}.dat"] = content
            write(f"{root}/good/s{index:02d}.dat", content)
        sums = "".join(f"{hashlib.sha256(v).hexdigest()}  {k}\n" for k, v in self.good.items())
        write(f"{root}/SHA256SUMS", sums.encode())
        subprocess.run(
            [tool, "lock", f"{root}/SHA256SUMS", "-d", f"{root}/good", "--piece-bytes", str(piece), "--quiet",
             "-o", f"{root}/lock.json"], check=True, stdout=subprocess.DEVNULL)
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "serve.py")
        self.server = subprocess.Popen([sys.executable, script, f"{root}/good"], stdout=subprocess.PIPE, text=True)
        self.address = f"http://127.0.0.1:{self.server.stdout.readline().strip()}/"
        self.work = f"{root}/work"

    def fresh(self):
        shutil.rmtree(self.work, ignore_errors=True)
        os.makedirs(self.work)
        write(f"{self.work}/notes.txt", b"mine")
        write(f"{self.work}/.s00.dat.mine", b"mine too")

    def command(self, kind):
        if kind == "fetch":
            return [tool, "fetch", f"{self.root}/lock.json", "--into", self.work, "--source", self.address, "--quiet"]
        return [tool, "verify", f"{self.root}/lock.json", "-d", self.work, "--repair", "--source", self.address, "--quiet"]

    def run(self, kind, limit=None):
        """Runs to the end, or kills after a time; says whether it ended by itself."""
        process = subprocess.Popen(self.command(kind), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if limit is not None:
            try:
                process.wait(limit)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                return False
        require(process.wait() == 0, f"{kind} ended with {process.returncode}")
        return True

    def check_user_files(self):
        require(read(f"{self.work}/notes.txt") == b"mine", "a user's file was changed")
        require(read(f"{self.work}/.s00.dat.mine") == b"mine too", "a user's hidden file was changed")

    def check_fetch(self):
        self.check_user_files()
        for name in os.listdir(self.work):
            if not name.startswith(".") and name != "notes.txt":
                require(read(f"{self.work}/{name}") == self.good[name], f"{name} has its name and is not proved")

    def damage(self):
        """Every kind of damage; what was there by name."""
        before = {}
        for index, (name, content) in enumerate(self.good.items()):
            changed = bytearray(content)
            if index % 4 == 0:
                changed[generator.randrange(len(changed))] ^= 1
            elif index % 4 == 1:
                changed = changed[: len(changed) // 3]
            elif index % 4 == 2:
                changed = bytearray(generator.randbytes(len(changed)))
            else:
                continue
            write(f"{self.work}/{name}", changed)
            before[name] = bytes(changed)
        return before

    def check_repair(self, before):
        self.check_user_files()
        box = f"{self.work}/quarantine"
        kept = {hashlib.sha256(read(f"{box}/{n}")).digest() for n in os.listdir(box)} if os.path.isdir(box) else set()
        for name, content in self.good.items():
            path = f"{self.work}/{name}"
            now = read(path) if os.path.exists(path) else None
            require(now in (content, before.get(name)), f"{name} is neither what it was nor what it should be")
            if name in before and now == content:
                require(hashlib.sha256(before[name]).digest() in kept, f"the damaged {name} is lost")

    def leftovers(self):
        return [n for n in os.listdir(self.work) if ".trainaudit-" in n]


def torment(ground, kind):
    before = {}

    def prepare():
        ground.fresh()
        return ground.damage() if kind == "repair" else {}

    before = prepare()
    begin = time.monotonic()
    ground.run(kind)
    whole = time.monotonic() - begin
    before = prepare()
    kills = ends = 0
    for _ in range(rounds):
        if ground.run(kind, generator.uniform(0, 1.1 * whole)):
            ends += 1
            ground.check_repair(before) if kind == "repair" else ground.check_fetch()
            for name, content in ground.good.items():
                require(read(f"{ground.work}/{name}") == content, f"{name} was not brought to its end")
            before = prepare()
        else:
            kills += 1
            ground.check_repair(before) if kind == "repair" else ground.check_fetch()
            # Mostly go on with what is left, sometimes from the start.
            if generator.random() < 0.2:
                before = prepare()
    ground.run(kind)
    print(f"{kind}: {kills} kills, {ends} undisturbed ends, nothing lost, nothing unproved"
          f" ({whole:.2f} s a run, {len(ground.leftovers())} partial files left at the end)")


with tempfile.TemporaryDirectory() as root:
    ground = Ground(root)
    try:
        torment(ground, "fetch")
        torment(ground, "repair")
    finally:
        ground.server.kill()
