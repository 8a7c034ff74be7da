# netplugin: what a person or a build server asks for. Each target installs what it misses (scripts/packages.txt).
CONTIV_NODES ?= 2
CONFIGURATION ?= Release
POLICY_SOAK_SECONDS ?= 450
POLICY_CHURN_SECONDS ?= 600
export DOTNET_NOLOGO = 1
export DOTNET_CLI_TELEMETRY_OPTOUT = 1

.PHONY: help build publish image demo demo-down demo-kubernetes demo-kubernetes-down test test-policy-soak test-policy-churn test-kernel test-kubernetes test-kubernetes-all lint bench clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 22

build: ## every project
	@scripts/need
	dotnet build netplugin.slnx -c $(CONFIGURATION) -v q

publish: ## netplugin, netdcli, kubectl-netplugin and k8contivnet as native programs in artifacts/bin
	@scripts/need
	@scripts/publish

image: ## container images of netplugin and its bundled etcd in artifacts/images, made without a container engine
	@scripts/need
	@scripts/publish
	@scripts/image

demo: ## two nodes (CONTIV_NODES=1..5), etcd, containerd and redis pods in their own networks
	@CONTIV_NODES=$(CONTIV_NODES) demo/up

demo-down: ## take the demo down; nothing of it is left
	@demo/down

demo-kubernetes: ## a Kubernetes cluster of two nodes, netplugin from its manifest, redis pods. The first run builds Kubernetes (15 minutes)
	@demo/kubernetes-up

demo-kubernetes-down: ## take that cluster down; nothing of it is left
	@demo/kubernetes-down

test: ## every test; ONLY=NAME for those whose full name contains NAME
	@scripts/test $(ONLY)

test-policy-soak: ## compiled policies against the reference, for an hour: eight tests of POLICY_SOAK_SECONDS each; prints the seed of what fails
	@scripts/need
	dotnet build tests/Core -c $(CONFIGURATION) -v q
	CsCheck_Time=$(POLICY_SOAK_SECONDS) tests/Core/bin/$(CONFIGURATION)/net10.0/Core.Tests --parallel none --progress off \
		--filter-class '*CompiledAgreementTests' --filter-class '*IncrementalTests' --filter-class '*ReplacementTests' --filter-class '*MapRoomTests'

test-policy-churn: ## policies that change fifty times a second under traffic, for POLICY_CHURN_SECONDS
	@scripts/need
	@scripts/publish
	dotnet build tests/EndToEnd -c $(CONFIGURATION) -v q
	NETPLUGIN_CHURN_SECONDS=$(POLICY_CHURN_SECONDS) tests/EndToEnd/bin/$(CONFIGURATION)/net10.0/EndToEnd.Tests --progress off --show-live-output on \
		--filter-class '*PolicyChurnTests'

test-kernel: ## the datapath on Debian 12's own kernel, in qemu; ONLY=NAME as for test
	@scripts/need
	@tests/kernel/run $(ONLY)

test-kubernetes: ## a real Kubernetes cluster: what must always work. The first run builds Kubernetes (15 minutes)
	@tests/Kubernetes/run smoke

test-kubernetes-all: ## every test in real clusters, with IPv4, IPv6 and both, and kube-proxy's modes; KUBE_BIN: another Kubernetes' programs
	@tests/Kubernetes/run all

lint: ## format, analyzers, scripts
	@scripts/lint

bench: ## measure side by side with what else there is; writes bench/RESULTS.md
	@scripts/need
	@scripts/publish
	@bench/run

clean: ## what building made
	rm -rf artifacts
	find src tests demo bench -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +
