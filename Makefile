.PHONY: check test slow format docs bench

check: ## what CI runs: style, types, layers, tests, documents in step
	ruff check .
	ruff format --check .
	mypy
	lint-imports
	pytest
	python scripts/build_docs.py --check

test:
	pytest

slow: ## many processes, kills, and the longest of the others
	pytest -m slow --timeout 1200

format:
	ruff check --fix .
	ruff format .

docs:
	python scripts/build_docs.py

bench:
	python benchmarks/ask.py
