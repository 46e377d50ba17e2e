.PHONY: check lint test numbers sample slow release format docs bench

PYTEST = pytest -n auto --maxprocesses 4 --dist worksteal
QUICK = not slow and not gpu

check: lint test numbers ## all that must hold before anything lands; with `sample`, what .ci/run runs

lint: ## style, types, layers, documents in step
	ruff check .
	ruff format --check .
	mypy
	lint-imports
	python scripts/build_docs.py --check

test: ## the default tests
	$(PYTEST)

numbers: ## what compares numbers or bytes, once more as a CPU without AVX-512 computes them
	@if python -c "import sys, torch; sys.exit(torch.backends.cpu.get_cpu_capability() != 'AVX512')"; \
	then ATEN_CPU_CAPABILITY=avx2 $(PYTEST) -m 'numbers and $(QUICK)'; \
	else echo "numbers: this CPU has no AVX-512, the default tests were it"; fi

sample: ## the tests with many kills and processes, a few rounds each
	$(PYTEST) -m slow --sample --timeout 600

slow: ## many processes, kills, and the longest of the others, in full
	$(PYTEST) -m slow --timeout 1200

release: lint test slow ## before a release: everything, also without any vector extension
	ATEN_CPU_CAPABILITY=default $(PYTEST) -m 'numbers and $(QUICK)' --timeout 1200
	$(MAKE) numbers

format:
	ruff check --fix .
	ruff format .

docs:
	python scripts/build_docs.py

bench:
	python benchmarks/ask.py
