# Everything a person or CI runs. The two commands that matter: `make pipeline` and `make test`.
# Nothing needs to be there before but Python 3.10 or newer, with pip and venv.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.10 python; do \
	$$p -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2])' 2>/dev/null && echo $$p && break; done)
PIP = -m pip install --quiet --disable-pip-version-check
SOURCES := $(shell find tao_kfp specs workspace_layout -type f -not -path '*/__pycache__/*') pyproject.toml setup.py README.md

.PHONY: help pipeline test test-fast lint types bench ci clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

pipeline: .venv/.installed  ## tao_pipeline.tar.gz, ready for Kubeflow's upload dialog
	.venv/bin/python tao_pipeline.py

test: .venv-test/.installed .venv-kfp1/.installed .nvidia/.fetched  ## all tests, against the installed wheel
	TAO_KFP_KFP1_PYTHON=$$([ -x .venv-kfp1/bin/python ] && echo $(CURDIR)/.venv-kfp1/bin/python) TAO_KFP_NVIDIA=$(CURDIR)/.nvidia \
		.venv-test/bin/pytest -n 2 $(ARGS)

test-fast: .venv-test/.installed  ## the fast tests
	.venv-test/bin/pytest -n 2 -m 'not slow' $(ARGS)

lint: .venv-test/.installed  ## code style, Dockerfiles, shell scripts
	.venv-test/bin/ruff check .
	.venv-test/bin/ruff format --check .
	.venv-test/bin/hadolint --config docker/.hadolint.yaml docker/*/Dockerfile
	.venv-test/bin/shellcheck docker/*.sh .ci/run

types: .venv-test/.installed  ## mypy, strict on the package
	.venv-test/bin/mypy

bench: .venv-test/.installed .venv-kfp1/.installed  ## benchmarks/RESULTS.md, against public tools
	.venv-test/bin/python benchmarks/run.py --write

ci: lint types pipeline test  ## what CI runs

clean:  ## take away what the targets above made
	rm -rf .venv .venv-test .venv-kfp1 .nvidia build *.egg-info tao_pipeline.tar.gz

.venv/.installed: $(SOURCES)
	@test -n "$(PYTHON)" || { echo "error: Python 3.10 or newer is needed; name it with PYTHON=..." >&2; exit 2; }
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	.venv/bin/python $(PIP) .
	@touch $@

.venv-test/.installed: $(SOURCES)
	@test -n "$(PYTHON)" || { echo "error: Python 3.10 or newer is needed; name it with PYTHON=..." >&2; exit 2; }
	test -x .venv-test/bin/python || $(PYTHON) -m venv .venv-test
	.venv-test/bin/python $(PIP) --force-reinstall --no-deps .
	.venv-test/bin/python $(PIP) '.[test,lint,ngc]'
	@touch $@

# kfp 1.8 cannot be installed beside kfp 2; the tests run it in its own environment, as the reference
# for what a v1 package looks like. Where it cannot be had, those tests say so and are skipped.
.venv-kfp1/.installed:
	$(PYTHON) -m venv .venv-kfp1
	.venv-kfp1/bin/python $(PIP) 'kfp==1.8.24' 'setuptools<80' || rm -rf .venv-kfp1/bin
	@touch $@

# NVIDIA's own configuration and launchers, the reference for spec files and commands; unpacked, never installed.
# Where they cannot be had, those tests say so and are skipped; the next `make test` asks again.
.nvidia/.fetched: tests/conformance/nvidia.py | .venv-test/.installed
	@mkdir -p .nvidia
	.venv-test/bin/python tests/conformance/nvidia.py .nvidia && touch $@ || true
