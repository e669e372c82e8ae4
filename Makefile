# Two commands: `make evaluate` and `make test`. Both install into .venv first; a second call installs nothing.
# On a machine with a GPU: make evaluate CONSTRAINTS=   (takes the torch that pip prefers)
PYTHON ?= python3.11
CONSTRAINTS ?= -c constraints/cpu.txt
BIN := .venv/bin

.PHONY: evaluate test lint types layers tests boards weights clean

evaluate: .venv/installed
	$(BIN)/stf2m-bench evaluate

test: lint types layers tests

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/installed
	$(BIN)/mypy

layers: .venv/installed
	$(BIN)/lint-imports

tests: .venv/installed
	$(BIN)/pytest -n 2 --dist worksteal

boards: .venv/installed
	$(BIN)/stf2m-bench leaderboards build --into README.md
	$(BIN)/stf2m-bench leaderboards report ablation
	$(BIN)/python docs/figures/boards.py
	$(BIN)/python docs/figures/datasets.py
	$(BIN)/python docs/figures/standing.py

weights: .venv/installed
	rm -rf stf2m_bench/weights
	$(BIN)/stf2m-bench train emosynth-new-subjects --model stf2m --half --out stf2m_bench/weights/emosynth-new-subjects/stf2m

.venv/installed: pyproject.toml constraints/cpu.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q $(CONSTRAINTS) -e '.[dev]'
	touch $@

clean:
	rm -rf .venv build dist
