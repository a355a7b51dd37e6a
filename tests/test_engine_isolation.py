"""The engine is pure: it loads in a Python that has nothing but its standard library, and calls no clock.

`python -I -S` hides site-packages, the user's folder and PYTHONPATH; only this checkout is put on the path.
"""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
ENGINE = REPOSITORY / "b2b_contracts" / "engine"
FILES = sorted(ENGINE.rglob("*.py"))

LOAD = """
import importlib, json, sys

sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
	importlib.import_module(name)
loaded = set(sys.modules)
print(json.dumps({
	"foreign": sorted({m.partition(".")[0] for m in loaded} - sys.stdlib_module_names - {"b2b_contracts", "__main__"}),
	"ours": sorted(m for m in loaded if m.startswith("b2b_contracts")),
}))
"""

# Modules whose use would make a decision depend on more than its arguments.
IMPURE = {
	"asyncio",
	"io",
	"locale",
	"logging",
	"os",
	"pathlib",
	"random",
	"secrets",
	"socket",
	"sqlite3",
	"subprocess",
	"tempfile",
	"threading",
	"time",
	"urllib",
	"uuid",
}
CLOCKS = {"today", "now", "utcnow"}
CALLS = {"open", "print", "input", "exec", "eval"}


def module_name(file: Path) -> str:
	parts = file.relative_to(REPOSITORY).with_suffix("").parts
	return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def load(*names: str) -> dict:
	done = subprocess.run(
		[sys.executable, "-I", "-S", "-c", LOAD, str(REPOSITORY), *names],
		capture_output=True,
		text=True,
		timeout=60,
		check=False,
	)
	assert done.returncode == 0, done.stderr
	return json.loads(done.stdout)


def test_engine_has_modules():
	assert len(FILES) > 1


def test_whole_engine_loads_with_the_standard_library_alone():
	found = load(*[module_name(file) for file in FILES])
	assert found["foreign"] == []
	others = [m for m in found["ours"] if m != "b2b_contracts" and not m.startswith("b2b_contracts.engine")]
	assert others == [], "the engine loads other parts of the app"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_module_is_pure(file):
	"""Each module: no I/O, no randomness, no clock, no output, no global that a function writes."""
	for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
		where = f"{file.name}:{getattr(node, 'lineno', 0)}"
		if isinstance(node, ast.Import):
			used = {alias.name.partition(".")[0] for alias in node.names}
			assert not used & IMPURE, f"{where} imports {used & IMPURE}"
		elif isinstance(node, ast.ImportFrom) and node.level == 0:
			assert node.module.partition(".")[0] not in IMPURE, f"{where} imports {node.module}"
		elif isinstance(node, ast.Global):
			raise AssertionError(f"{where} writes a global")
		elif isinstance(node, ast.Call):
			function = node.func
			if isinstance(function, ast.Attribute):
				assert function.attr not in CLOCKS, f"{where} asks a clock: {ast.unparse(function)}"
			elif isinstance(function, ast.Name):
				assert function.id not in CALLS, f"{where} calls {function.id}"
