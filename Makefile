# Every command of README and CONTRIBUTING. Each works on a fresh clone.
.DEFAULT_GOAL := help
.PHONY: help run test test-clients lint bench fuzz

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

run: ## build, and serve with the sandbox on 127.0.0.1:8018
	@scripts/install-build-deps.sh
	cargo build --release --locked
	target/release/byokey serve --sandbox

test: ## every test: the workspace's, then the real SDKs against the binary
	@scripts/install-build-deps.sh --with-python
	cargo test --workspace --locked
	tests/clients/run.sh

test-clients: ## real coding agents against the binary; downloads 300 MB once
	@scripts/install-build-deps.sh --with-python
	tests/clients/run.sh agents

lint: ## formatting, clippy, shell scripts, licences and duplicates; a warning is an error
	@scripts/install-build-deps.sh --with-python
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	@scripts/lint-shell.sh
	@scripts/lint-dependencies.sh

bench: ## byokey beside direct, interleaved in one run
	@scripts/install-build-deps.sh
	cargo build --profile dist --locked -p byokey -p byokey-bench
	target/dist/byokey-bench --byokey target/dist/byokey

fuzz: ## fuzz what reads bytes from outside, a minute for each of six fuzzers
	@scripts/install-build-deps.sh
	scripts/fuzz.sh 60
