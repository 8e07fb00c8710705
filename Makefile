# Everything a fresh Debian or macOS machine with Swift needs is installed by the targets themselves.
BUILD      := swift build -c release
BINARY     := .build/release/trainaudit
DRILL      := .build/drill
BASE_PATH  ?= trainaudit
PREFIX     ?= /usr/local

.PHONY: audit test docs docs-preview docs-pictures bench lint format install dist spell clean setup build

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

## docs: the guide and the libraries' documentation as a site for static hosting below /$(BASE_PATH), in .build/guide
docs: build
	Scripts/guide.sh .build/release .build/guide $(BASE_PATH)
	@Scripts/finish-guide.sh Documentation.docc .build/guide $(BASE_PATH)
	@# At the root docc leaves a page that finds nothing. Without an icon named, browsers ask for one above the base path.
	@printf '%s\n' '<!doctype html>' '<html lang="en"><meta charset="utf-8"><title>TrainAudit</title>' \
	  '<link rel="icon" href="favicon.ico"><meta http-equiv="refresh" content="0; url=documentation/">' \
	  '<a href="documentation/">TrainAudit</a></html>' \
	  > .build/guide/index.html
	@mkdir -p .build/guide/schemas && cp Documentation.docc/Schemas/*.json .build/guide/schemas/
	@Scripts/check-guide.sh .build/guide

## docs-preview: the guide at http://localhost:8000/$(BASE_PATH)/documentation/diagnosis/
docs-preview: docs
	Scripts/serve-guide.sh .build/guide $(BASE_PATH) 8000

## docs-pictures: the pictures of the guide and the terminal texts of its tutorial, made anew from drills (some minutes)
docs-pictures: build
	Scripts/guide-pictures.sh $(BINARY) Documentation.docc/Resources
	Scripts/guide-tutorial.sh $(BINARY) Documentation.docc/Tutorials/Code

## spell: the guide and the texts for people, against a dictionary and our own words
spell:
	Scripts/spell.sh

## bench: side by side with the peers, on this machine
bench: build
	Benchmarks/run.sh $(BINARY)

## lint: style and manifests
lint:
	swift format lint --strict --recursive --parallel Package.swift Plugins Sources Tests Benchmarks Fuzz

## format: make the style right
format:
	swift format --in-place --recursive --parallel Package.swift Plugins Sources Tests Benchmarks Fuzz

## install: the tool, its manual page and shell completions, below $(PREFIX)
install: build
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions \
	  $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	install -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/trainaudit
	$(BINARY) manual > $(DESTDIR)$(PREFIX)/share/man/man1/trainaudit.1
	$(BINARY) --generate-completion-script bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/trainaudit
	$(BINARY) --generate-completion-script zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_trainaudit
	$(BINARY) --generate-completion-script fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/trainaudit.fish

## dist: a release binary that needs no Swift on the machine it runs on, as .build/dist/trainaudit-<system>-<machine>.tar.gz
# Built beside the usual build, which it would otherwise throw away. The C libraries stay dynamic (see Scripts/setup.sh).
dist: setup
	swift build -c release --product trainaudit --static-swift-stdlib --scratch-path .build/static
	Scripts/dist.sh .build/static/release/trainaudit .build/dist

clean:
	rm -rf .build

## setup: the C libraries, where they are missing
setup:
	@Scripts/setup.sh
