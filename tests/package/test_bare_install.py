"""On a bare machine: an empty virtual environment, `pip install '.[cli]'`, and the command works in one go."""

import os
import shutil
import subprocess
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What belongs to the machine and not to this run: the command must not need the checkout.
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "B2B_"))}


def run(*command, cwd: Path, timeout: int = 300) -> str:
	done = subprocess.run(
		[str(word) for word in command], cwd=cwd, env=CLEAN, capture_output=True, text=True, timeout=timeout
	)
	assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
	return done.stdout


@pytest.fixture(scope="module")
def bare(tmp_path_factory) -> Path:
	"""An environment with nothing in it."""
	folder = tmp_path_factory.mktemp("bare")
	venv.create(folder / "env", with_pip=True)
	return folder


def test_install_and_demo_in_one_go(bare):
	python = bare / "env" / "bin" / "python"
	run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", f"{ROOT}[cli]", cwd=bare)
	run(
		bare / "env" / "bin" / "b2b-contracts",
		"demo",
		"--customers",
		40,
		"--months",
		6,
		"--out",
		bare / "demo.xlsx",
		cwd=bare,
	)
	where = run(
		python,
		"-c",
		"import b2b_contracts, sys; print(b2b_contracts.__file__, 'frappe' in sys.modules)",
		cwd=bare,
	)
	assert str(bare) in where and where.strip().endswith("False"), "the installed code ran, without Frappe"
	assert (bare / "demo.xlsx").stat().st_size > 10_000


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_the_workbook_opens_in_libreoffice_without_a_warning(bare):
	if not (bare / "demo.xlsx").exists():
		test_install_and_demo_in_one_go(bare)
	profile = f"-env:UserInstallation=file://{bare}/profile"
	command = [
		"soffice",
		profile,
		"--headless",
		"--convert-to",
		"pdf",
		"--outdir",
		str(bare),
		str(bare / "demo.xlsx"),
	]
	done = subprocess.run(command, cwd=bare, env=CLEAN, capture_output=True, text=True, timeout=300)
	said = done.stdout + done.stderr
	assert done.returncode == 0, said
	# What it converts, and that it has no Java of its own, is all that it may say.
	lines = [
		line
		for line in said.splitlines()
		if line and not line.startswith("convert ") and "javaldx" not in line
	]
	assert lines == []
	assert (bare / "demo.pdf").read_bytes().startswith(b"%PDF")
