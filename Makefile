# Counterfoil. `make run` and `make test` need Go, git and make, nothing else.
BUF := npx --yes @bufbuild/buf@1.75.0
CLDR := cldr-localenames-full@48.2.0

help: ## print the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

build: ## build bin/counterfoil
	go build -o bin/counterfoil ./services/cmd/counterfoil

run: build ## start the hub and every agency in one process and play a story
	bin/counterfoil lab --dir .build/lab --detach --story

test: ## run every test
	@# what these read is not all in their module, so that a kept result would notice nothing
	go test -count=1 ./tools/importmap ./tools/contract ./tools/deploy
	go test $(VET) -timeout 20m work

check: ## what lands: formatted, vetted, generated code fresh, every test
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo 'run: gofmt -w'; exit 1; }
	go vet work
	GOGC=400 GOMEMLIMIT=4GiB go tool staticcheck work # half the time for three times the memory
	$(MAKE) test VET=-vet=off # it was vetted

generate: ## write the Go code of the contract, what its comments say, and its OpenAPI anew (needs npm)
	mkdir -p .build
	@# one after the other: buf starts them at once, and each would compile what both need
	go tool protoc-gen-go --version && go tool protoc-gen-connect-go --version && go tool protoc-gen-jsonschema --version
	cd proto && $(BUF) lint && $(BUF) generate && $(BUF) build -o ../.build/contract.binpb
	go run ./tools/meanings -from .build/contract.binpb
	go run ./tools/openapi -from .build/contract.binpb -schemas .build/schemas

assets: ## write the console's style sheets and scripts anew (needs npm)
	services/console/styles/build.sh

pictures: ## take the README's pictures of the console anew, from a run of its tests
	mkdir -p .build/shots
	COUNTERFOIL_SHOTS=$(CURDIR)/.build/shots go test ./services/cmd/counterfoil -run TestConsoleInABrowser -count=1
	cp .build/shots/licence-en-top.png docs/images/licence.png
	cp .build/shots/border-stop-ar-top.png docs/images/border-ar.png

countries: ## write the names of countries anew from CLDR (needs npm)
	mkdir -p .build && cd .build && rm -rf package && npm pack --silent $(CLDR) && tar xzf $(subst @,-,$(CLDR)).tgz
	go run ./tools/cldr -from .build/package

contract: ## accept the contract as it is, if nothing in it breaks what was accepted before
	go run ./tools/contract -write

image: ## write the container image .build/counterfoil.tar
	go run ./tools/image -out .build/counterfoil.tar

bench: ## measure against the broker's own limit, ratios printed
	go run ./tools/bench

soak: ## the long runs: race detector, fuzzing, kills at random moments; pictures of every page of the console come into .build/shots
	mkdir -p .build/shots
	COUNTERFOIL_SOAK=1 COUNTERFOIL_SHOTS=$(CURDIR)/.build/shots go test -race -timeout 120m work
	tools/fuzz.sh 1m

.PHONY: help build run test check generate assets pictures countries contract image bench soak
