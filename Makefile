# netplugin: what a person or a build server asks for. Each target installs what it misses (scripts/packages.txt).
CONTIV_NODES ?= 2
CONFIGURATION ?= Release
export DOTNET_NOLOGO = 1
export DOTNET_CLI_TELEMETRY_OPTOUT = 1

.PHONY: help build publish demo demo-down test test-kernel lint bench clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

build: ## every project
	@scripts/need
	dotnet build netplugin.slnx -c $(CONFIGURATION) -v q

publish: ## netplugin, netdcli and k8contivnet as native programs in artifacts/bin
	@scripts/need
	@scripts/publish

demo: ## two nodes (CONTIV_NODES=1..5), etcd, containerd and redis pods in their own networks
	@CONTIV_NODES=$(CONTIV_NODES) demo/up

demo-down: ## take the demo down; nothing of it is left
	@demo/down

test: ## every test; ONLY=NAME for those whose full name contains NAME
	@scripts/test $(ONLY)

test-kernel: ## the datapath on Debian 12's own kernel, in qemu
	@scripts/need
	@tests/kernel/run

lint: ## format, analyzers, scripts
	@scripts/lint

bench: ## measure side by side with what else there is; writes bench/RESULTS.md
	@scripts/need
	@scripts/publish
	@bench/run

clean: ## what building made
	rm -rf artifacts
	find src tests demo bench -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +
