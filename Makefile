# Everything a fresh Debian or macOS machine with Swift needs is installed by the targets themselves.
BUILD      := swift build -c release
BINARY     := .build/release/trainaudit
DRILL      := .build/drill
BASE_PATH  ?= trainaudit
PREFIX     ?= /usr/local

.PHONY: audit test docs bench lint format install clean setup build

## audit: train a tiny model on a damaged shard and audit the run; the report is Reports/drill-corrupt-shard/report.html
audit: build
	rm -rf $(DRILL)
	$(BINARY) drill corrupt-shard -o $(DRILL)
	@status=0; $(BINARY) audit --config $(DRILL)/audit.yaml || status=$$?; \
	if [ $$status -eq 1 ]; then echo "Exit status 1: the audit found the damage, as it should."; \
	else echo "make: the audit ended with status $$status where 1 was expected" >&2; exit 1; fi

## build: the command line tool
build: setup
	$(BUILD) --product trainaudit

## test: all tests; without testable imports the build of the tool and of the tests is one
test: setup
	swift test -c release --disable-testable-imports

## docs: the guide as a site for static hosting below /$(BASE_PATH), in .build/guide
# With the text inside each page, for readers without scripts; Scripts/keep-xml.c says what docc needs for it on Linux.
DOCC := swift package --allow-writing-to-directory .build/guide generate-documentation --target Diagnosis \
  --output-path .build/guide --transform-for-static-hosting --hosting-base-path $(BASE_PATH) --warnings-as-errors \
  --experimental-transform-for-static-hosting-with-content
docs: setup
	rm -rf .build/guide
	@mkdir -p .build
	@if [ "$$(uname)" = Linux ]; then \
	  clang -shared -fPIC -O1 -o .build/keep-xml.so Scripts/keep-xml.c && \
	  echo $(DOCC) && LD_PRELOAD="$$PWD/.build/keep-xml.so" $(DOCC); \
	else echo $(DOCC) && $(DOCC); fi

## bench: side by side with the peers, on this machine
bench: build
	Benchmarks/run.sh $(BINARY)

## lint: style and manifests
lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks Fuzz

## format: make the style right
format:
	swift format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks Fuzz

## install: the tool into $(PREFIX)/bin
install: build
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/trainaudit

clean:
	rm -rf .build

## setup: the C libraries, where they are missing
setup:
	@Scripts/setup.sh
