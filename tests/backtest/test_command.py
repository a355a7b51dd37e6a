"""The command as people run it."""

import os
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from b2b_contracts.backtest import policy_file
from b2b_contracts.backtest.terminal import cli

from .books import Rows, day

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def book(tmp_path) -> Path:
	rows = Rows().customer().trade("O1", 90_000, 0, paid=20).trade("O2", 90_000, 10, paid=50)
	return rows.add("ratings", date=day(90), customer="C1", rating="A").write(tmp_path / "book")


def run(*words, ok: bool = True):
	done = CliRunner().invoke(cli, [str(word) for word in words])
	assert (done.exit_code == 0) == ok, done.output
	assert done.exception is None or isinstance(done.exception, SystemExit), done.output
	return done.output


def test_backtest_writes_the_workbook_and_prints_a_summary(book, tmp_path):
	out = tmp_path / "result.xlsx"
	text = run("backtest", "--book", book, "--policy", "standard", "--against", "alternative", "--out", out)
	assert "As it was" in text and "Standard" in text and "Alternative" in text
	line = next(line for line in text.splitlines() if line.startswith("Held "))
	assert line.split()[-2:] == ["1", "1"]
	assert "Summary" in openpyxl.load_workbook(out, read_only=True).sheetnames


def test_backtest_takes_a_policy_file_a_period_and_assumptions(book, tmp_path):
	file = tmp_path / "mine.toml"
	file.write_text(
		'[policy]\nname = "Mine"\nhold_utilisation_percent = 100\nstop_utilisation_percent = 100\n'
	)
	out = tmp_path / "result.xlsx"
	text = run(
		"backtest",
		"--book",
		book,
		"--policy",
		file,
		"--out",
		out,
		"--from",
		day(0),
		"--to",
		day(30),
		"--nobody-releases",
		"--give-up-days",
		3,
	)
	assert "Mine" in text
	assert (
		"Good business lost" in text
		and next(x for x in text.splitlines() if x.startswith("Good business lost")).split()[-1] == "1"
	)


def test_what_is_wrong_is_told_without_a_traceback(book, tmp_path):
	out = tmp_path / "result.xlsx"
	(book / "orders.csv").write_text("date,order,customer,amount\nx,O1,C1,1\n")
	text = run("backtest", "--book", book, "--policy", "standard", "--out", out, ok=False)
	assert "orders, row 2, date: 'x' is not a date such as 2026-03-31." in text
	assert not out.exists()
	assert "there is no such file or folder" in run(
		"backtest", "--book", tmp_path / "no", "--policy", "standard", "--out", out, ok=False
	)
	assert "cannot be read" in run(
		"backtest", "--book", book, "--policy", tmp_path / "no.toml", "--out", out, ok=False
	)
	assert "is not a date" in run(
		"backtest", "--book", book, "--policy", "standard", "--out", out, "--from", "2026-13-01", ok=False
	)
	assert "is not a number of hours" in run(
		"backtest", "--book", book, "--policy", "standard", "--out", out, "--release-hours", "-1", ok=False
	)


def test_demo_makes_a_book_and_a_workbook(tmp_path):
	out, kept = tmp_path / "demo.xlsx", tmp_path / "kept"
	text = run("demo", "--customers", 12, "--months", 4, "--seed", 3, "--out", out, "--keep-book", kept)
	assert out.exists() and (kept / "orders.csv").exists()
	assert str(out) in text.replace("\n", "")
	again = run("demo", "--customers", 12, "--months", 4, "--seed", 3, "--out", tmp_path / "again.xlsx")
	assert _figures(text) == _figures(again), "the same seed, the same figures"


def _figures(text: str) -> list[str]:
	return [line for line in text.splitlines() if line.startswith(("Orders", "Held", "Cash", "  amount"))]


def test_explain_tells_rules_inputs_and_ways_out(book):
	text = run("explain", "--book", book, "--order", "O2", "--policy", "standard")
	for part in (
		"O2, C1",
		"Held",
		"Limit Use",
		"180.0 %",
		"95.0 %",
		"Approval by CFO: 80.0 % over the limit.",
		"Cut the order by 85,000.00 DKK, to 5,000.00 DKK.",
		"The customer pays 85,000.00 DKK",
	):
		assert part in text, (part, text)
	assert "has no such order" in run(
		"explain", "--book", book, "--order", "O9", "--policy", "standard", ok=False
	)


def test_policy_and_compare(tmp_path):
	file = tmp_path / "a.toml"
	run("policy", "standard", "--out", file)
	assert policy_file.load(file).values == policy_file.shipped("standard").values
	assert run("policy", "standard") == file.read_text(encoding="utf-8")
	assert "The same terms." in run("compare", file, "standard")
	text = file.read_text(encoding="utf-8").replace("overdue_hold_days = 14", "overdue_hold_days = 7")
	file.write_text(text, encoding="utf-8")
	assert "overdue_hold_days" in run("compare", file, "standard")


def test_without_its_libraries_the_command_says_in_one_line_what_to_install(tmp_path):
	(tmp_path / "click.py").write_text("raise ModuleNotFoundError(\"No module named 'click'\", name='click')")
	environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
	done = subprocess.run(
		[sys.executable, "-m", "b2b_contracts.backtest.command", "demo"],
		env=environment,
		capture_output=True,
		text=True,
		timeout=60,
	)
	assert done.returncode == 2
	assert done.stderr.strip().splitlines() == [
		"b2b-contracts needs click: python -m pip install 'b2b_contracts[cli]' (or, in a checkout, '.[cli]')"
	]


def test_the_back_test_loads_without_frappe():
	code = "import sys, b2b_contracts.backtest.terminal; print([m for m in sys.modules if m.startswith(('frappe', 'erpnext'))])"
	done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
	assert done.stdout.strip() == "[]", done.stderr
