"""A real Chromium on a real site: what `bin/test` makes a site for and starts a web server and a worker.

B2B_BASE_URL   the site's address, as http://b2b-browser.localhost:PORT (Chromium resolves *.localhost itself)
B2B_SITE       the site's name
B2B_CHROMIUM, B2B_CHROMEDRIVER   the browser and its driver
BENCH_DIR      where the site is served from, for `on_site`
B2B_ARTIFACTS  a folder: each failed test leaves a screenshot and the browser's console there
"""

import json
import os
import re
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest
from selenium import webdriver
from selenium.common.exceptions import (
	ElementClickInterceptedException,
	JavascriptException,
	StaleElementReferenceException,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

REPOSITORY = Path(__file__).resolve().parents[2]
BASE_URL = os.environ["B2B_BASE_URL"]
PATIENCE = 30  # seconds: two cores, and the first page of a server loads every module

# What a desk without realtime server says, Chromium when a test leaves an unsaved form, a desk that writes down where its user
# has been while somebody else logs in, and frappe-charts whose drawing is animated while the report it stands over is shown anew
# (it takes its old drawing off a page that is cleared already), or that draws a workspace's chart when its page has been left and
# has no width any more: no error of a page of ours.
HARMLESS = (
	"socket.io",
	"favicon",
	"beforeunload",
	"route_history",
	"Failed to execute 'removeChild' on 'Node'",
	"attribute width: A negative value is not valid",
)


def on_site(method: str, **arguments) -> str:
	"""Calls a Python function on the site, in a process of its own that commits, and returns what it printed."""
	bench = Path(os.environ["BENCH_DIR"])
	command = [
		"-m",
		"frappe.utils.bench_helper",
		"frappe",
		"--site",
		os.environ["B2B_SITE"],
		"execute",
		method,
	]
	done = subprocess.run(
		[str(bench / "env" / "bin" / "python"), *command, "--kwargs", json.dumps(arguments)],
		cwd=bench / "sites",
		env={**os.environ, "FRAPPE_BENCH_ROOT": str(bench), "PYTHONPATH": str(REPOSITORY)},
		capture_output=True,
		text=True,
		timeout=120,
		check=False,
	)
	assert done.returncode == 0, done.stdout + done.stderr
	return done.stdout.strip()


def plain(text: str) -> str:
	"""Writes numbers as 12000.00, in whatever way the site writes them (12,000.00 or 12.000,00)."""

	def number(match) -> str:
		at = max(match[0].rfind("."), match[0].rfind(","))
		whole, rest = re.sub("[.,]", "", match[0][:at]), match[0][at + 1 :]
		return whole + rest if len(rest) == 3 else f"{whole}.{rest}"

	return re.sub(r"\d[\d.,]*[.,]\d+", number, text)


def scene(function: str, /, **arguments):
	"""Makes documents by a function of `b2b_contracts.tests.browser_scenes`; returns what it returned."""
	printed = on_site(f"b2b_contracts.tests.browser_scenes.{function}", **arguments)
	return json.loads(printed.splitlines()[-1]) if printed else None


def _is_shown(element) -> bool:
	try:
		return element.is_displayed()
	except StaleElementReferenceException:
		return False


class Desk:
	"""ERPNext's desk as one user sees it. `world` is what `browser_scenes.world` returned, where a test needs it."""

	def __init__(self, driver: webdriver.Chrome, world: dict | None = None):
		self.driver = driver
		self.world = world or {}

	def wait(self, condition, message: str = "", seconds: int = PATIENCE):
		"""Waits until `condition(driver)` is true and returns its value.

		A page that is being replaced may lack what the condition looks at: that is not an answer yet.
		"""
		changing = (JavascriptException, StaleElementReferenceException)
		return WebDriverWait(self.driver, seconds, 0.2, ignored_exceptions=changing).until(condition, message)

	def script(self, code: str, *arguments):
		"""Runs JavaScript in the page; a promise is waited for."""
		return self.driver.execute_script(code, *arguments)

	def log_in(self, user: str, password: str) -> "Desk":
		"""Through the login page, as a person does it."""
		self.driver.delete_all_cookies()
		self.driver.get(f"{BASE_URL}/login")
		self.find("#login_email").send_keys(user)
		self.find("#login_password").send_keys(password)
		self.find(".form-login .btn-login").click()
		self.wait(lambda driver: "/login" not in driver.current_url, f"{user} was not logged in")
		self.wait_for_desk()
		return self

	def log_in_as(self, name: str) -> "Desk":
		"""As one of the test company's people ("seller1"), or by an address, without typing."""
		people = self.world["users"]
		self.driver.delete_all_cookies()
		self.driver.get(f"{BASE_URL}/robots.txt")
		status = self.driver.execute_async_script(
			"const done = arguments[2];"
			"fetch('/api/method/login', {method: 'POST', body: new URLSearchParams({usr: arguments[0], pwd: arguments[1]})})"
			".then((answer) => done(answer.status))",
			people.get(name, name),
			self.world["password"],
		)
		assert status == 200, f"{name} was not logged in: {status}"
		return self

	def open_form(self, doctype: str, name: str) -> "Desk":
		"""Opens a document's form, loaded anew, with its credit panel drawn."""
		self.open(f"{doctype.lower().replace(' ', '-')}/{quote(name, safe='')}")
		self.wait_for_form(doctype)
		return self

	def open(self, route: str) -> "Desk":
		"""Opens a desk page such as `sales-order` or `credit-hold/SO-0001-H1`, loaded anew."""
		self.driver.get(f"{BASE_URL}/app/{route}")
		self.wait_for_desk()
		return self

	def wait_for_desk(self) -> None:
		self.wait(
			lambda driver: driver.execute_script(
				"return document.readyState === 'complete' && !!window.frappe && !!frappe.boot"
				" && !!frappe.get_route && !!(frappe.get_route() || [])[0] && !window.jQuery.active"
			),
			"the desk did not load",
		)

	def wait_for_form(self, doctype: str) -> None:
		"""Until a form of this doctype is shown and has nothing left to fetch."""
		self.wait(
			lambda driver: driver.execute_script(
				"return !!window.cur_frm && cur_frm.doctype === arguments[0] && !cur_frm.is_loading"
				" && !window.jQuery.active",
				doctype,
			),
			f"no form of {doctype}",
		)

	def find(self, selector: str):
		"""The first visible element of a CSS selector, waited for."""

		def visible(driver):
			return next(
				(e for e in driver.find_elements(By.CSS_SELECTOR, selector) if e.is_displayed()), None
			)

		return self.wait(visible, f"nothing visible at {selector}")

	def text(self, selector: str) -> str:
		"""What it says at the first visible match; numbers as `plain` writes them."""
		return plain(self.find(selector).text)

	def absent(self, selector: str) -> bool:
		"""Whether nothing visible matches; what was awaited before must be there already."""
		return not any(e.is_displayed() for e in self.driver.find_elements(By.CSS_SELECTOR, selector))

	def click(self, selector: str, words: str | None = None) -> None:
		"""Clicks the first visible match, the one with these words when given."""

		def clicked(driver):
			for element in driver.find_elements(By.CSS_SELECTOR, selector):
				if element.is_displayed() and (words is None or element.text.strip() == words):
					driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
					element.click()
					return True
			return False

		covered = (ElementClickInterceptedException, StaleElementReferenceException)
		WebDriverWait(self.driver, PATIENCE, 0.2, ignored_exceptions=covered).until(
			clicked, f"nothing to click at {selector} {words or ''}"
		)

	def panel(self) -> str:
		"""The text of the credit panel."""
		return self.text(".b2b-credit")

	def wait_for_panel(self, words: str) -> str:
		"""Until the credit panel says so; returns all of its text."""
		self.wait(
			lambda driver: any(
				words in plain(e.text)
				for e in driver.find_elements(By.CSS_SELECTOR, ".b2b-credit")
				if e.is_displayed()
			),
			f"the credit panel does not say {words!r}",
		)
		return self.panel()

	def primary(self, label: str) -> None:
		"""Clicks the page's main button: Save, Submit, Update."""
		self.click(".page-head .standard-actions .primary-action", label)

	def menu(self, group: str) -> list[str]:
		"""What a group of buttons on the form offers, such as Create or Status."""
		return self.script(
			'return $(`.page-head:visible .inner-group-button[data-label="${encodeURIComponent(arguments[0])}"] .dropdown-item`)'
			".map((_n, e) => $(e).text().trim()).get()",
			group,
		)

	def choose(self, group: str, label: str) -> None:
		"""Takes something from a group of buttons."""
		of_group = f'.page-head .inner-group-button[data-label="{quote(group, safe="")}"]'
		self.click(f"{of_group} > button")
		self.click(f"{of_group} .dropdown-item", label)

	def set_values(self, **values) -> None:
		"""Enters values into the form, as its own controls do it, and waits for what they set off."""
		for fieldname, value in values.items():
			self.driver.execute_async_script(
				"const done = arguments[2]; cur_frm.set_value(arguments[0], arguments[1])"
				".then(() => frappe.after_ajax(() => done()))",
				fieldname,
				value,
			)
		self.settle()

	def set_in_row(self, **values) -> None:
		"""Enters values into the first row of the form's items."""
		for fieldname, value in values.items():
			self.driver.execute_async_script(
				"const [field, value, done] = arguments; const row = cur_frm.doc.items[0] || cur_frm.add_child('items');"
				"frappe.model.set_value(row.doctype, row.name, field, value).then(() => done())",
				fieldname,
				value,
			)
			self.settle()

	def settle(self) -> None:
		"""Until the page has asked the server nothing for a while: one answer often leads to the next question."""
		quiet = []

		def is_quiet(driver):
			quiet.append(driver.execute_script("return !jQuery.active"))
			return len(quiet) >= 4 and all(quiet[-4:])

		self.wait(is_quiet, "the page does not come to rest")

	def settle_dialog(self) -> None:
		"""Until a dialog has come up: Bootstrap forgets what is done to one that is still moving."""
		self.find(".modal.show")
		self.wait(
			lambda driver: driver.execute_script(
				"return $('.modal.show').get().every((e) => !$(e).data('bs.modal')?._isTransitioning"
				" && getComputedStyle(e).opacity === '1')"
			),
			"the dialog does not come to rest",
		)

	def write(self, fieldname: str, text: str) -> None:
		"""Types into a field of the open dialog."""
		self.settle_dialog()
		field = self.find(
			f'.modal.show [data-fieldname="{fieldname}"] textarea, .modal.show [data-fieldname="{fieldname}"] input'
		)
		field.clear()
		field.send_keys(text)

	def answer(self, label: str) -> None:
		"""Clicks the main button of the open dialog."""
		self.settle_dialog()
		self.click(".modal.show .btn-modal-primary", label)

	def dialog(self) -> str:
		return self.text(".modal.show .modal-dialog")

	def dialogs(self) -> list[str]:
		"""The texts of all open dialogs."""
		found = self.driver.find_elements(By.CSS_SELECTOR, ".modal.show")
		return [plain(e.text) for e in found if e.is_displayed()]

	def confirm(self, label: str = "Yes") -> None:
		"""Clicks the main button of the open dialog and waits until the dialog is gone."""
		dialog = self.find(".modal.show")
		self.answer(label)
		self.wait(lambda _driver: not _is_shown(dialog), "the dialog stays open")

	def close_message(self) -> None:
		"""Closes the message that is shown, if any; a dialog below it stays."""
		self.wait(
			lambda driver: driver.execute_script(
				"const shown = frappe.msg_dialog?.$wrapper?.hasClass('show'); if (shown) frappe.msg_dialog.hide();"
				" return !shown"
			),
			"a message stays open",
		)

	def save(self) -> None:
		self.primary("Save")
		self.wait(
			lambda driver: driver.execute_script(
				"return !cur_frm.is_new() && !cur_frm.is_dirty() && !jQuery.active"
			),
			"the form was not saved",
		)

	def submit(self) -> None:
		"""Submits the form and says yes. ERPNext fills in some forms as they open: those are saved first."""
		if self.script("return cur_frm.is_dirty()"):
			self.save()
		self.primary("Submit")
		self.confirm("Yes")
		self.wait(lambda driver: driver.execute_script("return cur_frm.doc.docstatus === 1"), "not submitted")

	def errors(self) -> list[str]:
		"""What the page logged as severe since the last call."""
		return [
			entry["message"]
			for entry in self.driver.get_log("browser")
			if entry["level"] == "SEVERE" and not any(word in entry["message"] for word in HARMLESS)
		]


@pytest.fixture(scope="session")
def driver(tmp_path_factory):
	options = webdriver.ChromeOptions()
	options.binary_location = os.environ["B2B_CHROMIUM"]
	options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
	for argument in (
		"--headless=new",
		"--no-sandbox",
		"--disable-gpu",
		"--disable-dev-shm-usage",
		"--disable-quic",
		"--no-first-run",
		"--disable-background-networking",
		"--disable-component-update",
		"--disable-sync",
		"--lang=en",
		"--window-size=1400,1000",
		f"--user-data-dir={tmp_path_factory.mktemp('chromium')}",
	):
		options.add_argument(argument)
	service = webdriver.ChromeService(os.environ["B2B_CHROMEDRIVER"])
	browser = webdriver.Chrome(options=options, service=service)
	browser.set_page_load_timeout(120)
	browser.set_script_timeout(60)
	yield browser
	browser.quit()


@pytest.fixture(scope="session")
def world() -> dict:
	"""The test company and its people, made once."""
	return scene("world")


@pytest.fixture
def desk(driver, request):
	"""The browser with nobody logged in; a failed test leaves a screenshot and what the page logged."""
	driver.delete_all_cookies()
	driver.get_log("browser")
	desk = Desk(driver, request.getfixturevalue("world") if "people" in request.fixturenames else None)
	failed = request.session.testsfailed
	yield desk
	if request.session.testsfailed > failed:
		folder = Path(os.environ.get("B2B_ARTIFACTS", "screenshots"))
		folder.mkdir(parents=True, exist_ok=True)
		driver.save_screenshot(str(folder / f"{request.node.name}.png"))
		(folder / f"{request.node.name}.txt").write_text("\n".join(desk.errors()), encoding="utf-8")


@pytest.fixture
def people(world) -> dict:
	"""Asks for the test company; returns the log-ins of its people."""
	return world["users"]
