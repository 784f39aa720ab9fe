# make demo: both stages of CLEF on rendered faces.   make test: the tests, less than ten
# minutes of them on two cores.   make test-slow: those that take longer.
# Nothing else is needed: the virtual environment is made and filled here.

PYTHON ?= python3
VENV ?= .venv
RUN = $(VENV)/bin/python

DATA = data/synthetic/bp4d
STAGE1 = configs/demo/clef_pretrain_tiny_bp4d_fold1.py
STAGE2 = configs/demo/clef_tiny_bp4d_fold1.py

.PHONY: demo test test-slow lint

demo: $(VENV)/installed
	$(RUN) tools/dataset_tools/make_synthetic.py bp4d $(DATA)
	$(RUN) tools/train.py $(STAGE1) --resume
	$(RUN) tools/test.py $(STAGE1) work_dirs/demo_pretrain
	$(RUN) tools/train.py $(STAGE2) --resume
	$(RUN) tools/test.py $(STAGE2) work_dirs/demo

test: lint
	$(RUN) -m pytest -n 2 --dist loadfile -m 'not slow and not demo'

test-slow: $(VENV)/installed
	$(RUN) -m pytest -n 2 --dist loadfile -m slow

lint: $(VENV)/installed
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

$(VENV)/installed: setup.py $(wildcard requirements/*.txt)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --upgrade pip
	$(VENV)/bin/pip install --quiet --editable '.[tests]'
	touch $@
