# Thin: the verbs that people and CI use. `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Tests and exercises compute tiny things: threads would only wait for each other.
test class grade: export OMP_NUM_THREADS := 1
# Workers of pytest: one a core; WORKERS=0 runs everything in one process.
WORKERS ?= auto
export PIP_DISABLE_PIP_VERSION_CHECK := 1

PACKAGE := $(shell find cnncourse -name '*.py')
SOURCES := $(wildcard solutions/*/*.ipynb)
PAGES := $(shell find book -type f -not -path '*/.*') _config.yml _toc.yml
ENV := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help env course book read exercises class grade test lint clean requirements

help: ## list the verbs
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

env: $(ENV) ## make the environment in .venv

$(ENV): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"Python 3.11 or newer is needed, {sys.executable} is {sys.version.split()[0]}: make PYTHON=...")'
	@echo "== environment: PyTorch with CUDA is some 5 GB, the first time takes minutes"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip install --python $(BIN)/python --requirements requirements.txt
	@$(BIN)/uv pip install --python $(BIN)/python --quiet --no-deps --editable .
	@touch $@

course: book exercises class ## build the book, the exercises and a graded demo class
	@echo
	@echo "The book:         build/_build/html/index.html"
	@echo "A feedback page:  classroom/feedback/bjorn/04_convolution/04_convolution.html"
	@echo "An exercise:      $(BIN)/jupyter lab exercises/02_filters/02_filters.ipynb"

book: build/.book ## build the book

build/.book: $(ENV) $(PAGES) $(PACKAGE)
	@echo "== book"
	@jupyter-book build . --path-output build -W -n --keep-going
	@touch $@

read: book ## open the book in a browser
	@python -m webbrowser "file://$(CURDIR)/build/_build/html/index.html"

exercises: $(ENV) ## generate exercises/ from solutions/
	@echo "== exercises"
	@cnncourse release

class: export CNNCOURSE_BOOK ?= file://$(CURDIR)/build/_build/html
class: exercises ## hand in, grade and show a class of 20 simulated students
	@echo "== a class of 20 simulated students"
	@cnncourse demo
	@cnncourse grade --feedback
	@cnncourse scoreboard

grade: $(ENV) ## grade what is in classroom/submitted and write the feedback
	@cnncourse grade --feedback

test: $(ENV) lint ## run every test
	@echo "== package, doctests, book, browser"
	@pytest --doctest-modules --numprocesses $(WORKERS) --dist loadgroup
	@echo "== notebooks"
	@CNNCOURSE_MODE=smoke pytest --nbval-lax -p no:warnings --timeout 1200 --numprocesses $(WORKERS) --dist loadfile solutions book/capstones

lint: $(ENV)
	@ruff check .
	@ruff format --check .

requirements: $(ENV) ## pin the environment anew
	@uv pip compile --quiet --all-extras pyproject.toml --output-file requirements.txt

clean: ## remove the built book and caches; a class's work in classroom/ stays
	@rm -rf build .pytest_cache .ruff_cache
