#!/usr/bin/env bash
# Opens a built guide in a real browser, below its base path, as a reader would: browse-guide.sh FOLDER BASE_PATH
# The pages are drawn by a script, so that only a browser knows whether there is anything on them. Every article and
# tutorial, and every 40th page of the libraries: it draws itself, nothing it asks for is missing, nothing is asked for
# elsewhere, no error in the console, every picture is one, every link and anchor leads somewhere. Takes two minutes.
# Needs chromium and python3 with venv; playwright comes from PyPI. Status 3: a part could not be had.
set -euo pipefail
folder=$1
base=$2
# shellcheck source=Scripts/browser.sh
. "$(dirname "$0")/browser.sh"
"$python" - "$browser" "$folder" "$base" <<'PYTHON'
import functools, http.server, json, pathlib, sys, tempfile, threading, time
import urllib.error, urllib.parse, urllib.request
from playwright.sync_api import Error, sync_playwright

browser, folder, base = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), sys.argv[3].strip("/")
# Of the libraries, what the articles leave time for; where hardly anything works, waiting for the rest tells nothing.
every, library_seconds, all_seconds, enough = 40, 160, 220, 30
started = time.monotonic()
failures = []


def elapsed():
    return time.monotonic() - started


def fail(page, text):
    failures.append(f"{page}: {text}")
    print(failures[-1], file=sys.stderr)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        pass  # The browser hangs up on what it no longer needs.


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass


# As a static host serves it: the folder below its base path and nothing else.
root = tempfile.TemporaryDirectory()
(pathlib.Path(root.name) / base).parent.mkdir(parents=True, exist_ok=True)
(pathlib.Path(root.name) / base).symlink_to(folder, target_is_directory=True)
server = Server(("127.0.0.1", 0), functools.partial(Handler, directory=root.name))
threading.Thread(target=server.serve_forever, daemon=True).start()
origin = f"http://127.0.0.1:{server.server_port}"
site = f"{origin}/{base}/"

articles, libraries = [], []
for file in sorted((folder / "data").rglob("*.json")):
    name = file.relative_to(folder / "data").with_suffix("").as_posix()
    is_guide = name.startswith("documentation/diagnosis/") and json.loads(file.read_text())["kind"] == "article"
    (articles if is_guide or name.startswith("tutorials/") else libraries).append(name)
if len(articles) < 2 or not libraries:
    sys.exit(f"browse-guide: {folder} is no built guide: {len(articles)} articles, {len(libraries)} other pages")
pages = ["", "documentation", "documentation/diagnosis", *articles]
sample = [name for name in libraries[::every] if name not in pages]

links = {}  # address without anchor -> the first page that has it
anchors = {}  # address -> {anchor: the first page that has it}
names = {}  # address of an opened page -> its anchors
pictures = {}  # opened page -> its pictures

STATE = """async () => {
    const images = [];
    for (const image of document.images) {
        image.loading = 'eager';
        await Promise.race([image.decode().catch(() => {}), new Promise(done => setTimeout(done, 5000))]);
        images.push([image.currentSrc || image.src || image.outerHTML.slice(0, 120), image.naturalWidth]);
    }
    return {
        address: location.href.split('#')[0],
        links: [...document.querySelectorAll('a[href]')].map(link => link.href),
        names: [...document.querySelectorAll('[id]')].map(element => element.id),
        images,
        text: document.querySelector('main').innerText.trim().length,
    };
}"""


class Reader:
    """A browser's window that remembers what went wrong on the page it shows."""

    def __init__(self, chromium, **options):
        self.page = chromium.new_context(**options).new_page()
        self.name, self.waiting = "", set()
        self.page.on("console", self.complained)
        self.page.on("pageerror", lambda error: fail(self.name, f"script: {error}"))
        self.page.on("request", self.begin)
        self.page.on("requestfinished", lambda request: self.waiting.discard(request))
        self.page.on("requestfailed", self.failed)
        self.page.on("response", lambda r: r.status >= 400 and fail(self.name, f"status {r.status}: {r.url}"))

    def complained(self, message):
        # The address too: what the browser asks for of itself, such as an icon, is no request of the page.
        if message.type == "error":
            fail(self.name, f"console: {message.text} {message.location.get('url', '')}".rstrip())

    def begin(self, request):
        self.waiting.add(request)
        if not request.url.startswith((origin + "/", "data:", "blob:")):
            fail(self.name, f"asks another host: {request.url}")

    def failed(self, request):
        self.waiting.discard(request)
        # A page that is left takes back what it still waits for.
        if request.failure != "net::ERR_ABORTED":
            fail(self.name, f"{request.failure}: {request.url}")

    def open(self, name, color=""):
        self.name = f"/{name}{color}"
        self.waiting.clear()
        try:
            self.page.goto(site + name + "/" * bool(name), wait_until="load", timeout=10_000)
            self.page.wait_for_selector("main h1", timeout=10_000)
            state = self.page.evaluate(STATE)
            end = time.monotonic() + 10
            while self.waiting and time.monotonic() < end:
                self.page.wait_for_timeout(10)
            for request in self.waiting:
                fail(self.name, f"no answer: {request.url}")
        except Error as error:
            fail(self.name, str(error).splitlines()[0])
            return None
        for address, width in state["images"]:
            if not width:
                fail(self.name, f"no picture: {address}")
        if state["text"] < 40:
            fail(self.name, f"{state['text']} characters of text")
        return state


def note(name, state):
    names[state["address"].rstrip("/")] = set(state["names"])
    pictures[name] = [address for address, _ in state["images"]]
    for link in state["links"]:
        address, _, anchor = link.partition("#")
        if not address.startswith(origin + "/"):
            continue
        links.setdefault(address, name)
        if anchor:
            anchors.setdefault(address.rstrip("/"), {}).setdefault(urllib.parse.unquote(anchor), name)


def follow(address, name):
    path = urllib.parse.unquote(urllib.parse.urlsplit(address).path)
    if not address.startswith(site) and address != site[:-1]:
        return fail(f"/{name}", f"a link out of /{base}/: {path}")
    try:
        with urllib.request.urlopen(address, timeout=20) as answer:
            kind, body = answer.headers.get_content_type(), answer.read()
    except (urllib.error.URLError, OSError) as error:
        return fail(f"/{name}", f"{error}: {path}")
    page = path[len(base) + 2 :].strip("/")
    if page.split("/")[0] not in ("documentation", "tutorials"):
        return
    # A static host may answer with the page for what it lacks: the page's own data is what proves it.
    if kind != "text/html" or b"<html" not in body.lower():
        fail(f"/{name}", f"no page: {path}")
    elif not (folder / "data" / f"{page}.json").is_file():
        fail(f"/{name}", f"a page without data: {path}")


def has_dark(address):
    path = urllib.parse.unquote(address.removeprefix(site))
    return address.startswith(site) and (folder / path.replace(".svg", "~dark.svg")).is_file()


with sync_playwright() as playwright:
    chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
    reader = Reader(chromium, viewport={"width": 1200, "height": 900})
    opened = 0
    for name in pages + sample:
        if name in sample and elapsed() > library_seconds:
            print(f"browse-guide: after {elapsed():.0f} s {len(pages + sample) - opened} pages of libraries are not opened")
            break
        if elapsed() > all_seconds or len(failures) > enough:
            fail(f"/{name}", f"given up here after {elapsed():.0f} s and {len(failures)} failures")
            break
        opened += 1
        if state := reader.open(name):
            note(name, state)
    # The dark pictures: some pages that have pictures of both kinds, evenly spread, and narrow as on a telephone.
    both = [name for name, found in pictures.items() if any(map(has_dark, found))]
    dark = both[:: max(1, len(both) // 8)][:8]
    reader = Reader(chromium, color_scheme="dark", viewport={"width": 390, "height": 844})
    for name in dark:
        if (state := reader.open(name, " (dark)")) and not any("~dark." in address for address, _ in state["images"]):
            fail(f"/{name} (dark)", "no dark picture")
    if not dark:
        fail("/", "no page has a dark picture")
    chromium.close()

for address, name in links.items():
    if len(failures) <= enough:
        follow(address, name)
followed = 0
for address, wanted in anchors.items():
    if address in names:
        followed += len(wanted)
        for anchor, name in wanted.items():
            if anchor not in names[address]:
                fail(f"/{name}", f"no anchor #{anchor} on {address[len(origin):]}")
if not links:
    fail("/", "no page has a link")
print(
    f"browse-guide: {opened} pages opened, {len(dark)} of them dark too, {sum(map(len, pictures.values()))} pictures, "
    f"{len(links)} links and {followed} anchors followed, {len(failures)} failures, {elapsed():.0f} s"
)
sys.exit(1 if failures else 0)
PYTHON
