"""A real Chromium on a real site: what `bin/test` starts the server, the worker and the demo company for.

B2B_BASE_URL   the site's address, as http://b2b-browser.localhost:PORT (Chromium resolves *.localhost itself)
B2B_SITE       the site's name
B2B_CHROMIUM, B2B_CHROMEDRIVER   the browser and its driver
BENCH_DIR      where the site is served from, for `on_site`
B2B_ARTIFACTS  a folder: each failed test leaves a screenshot and the browser's console there
"""

import json
import os
import subprocess
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import JavascriptException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

REPOSITORY = Path(__file__).resolve().parents[2]
BASE_URL = os.environ["B2B_BASE_URL"]
PATIENCE = 30  # seconds: two cores, and the first page of a server loads every module

# What a desk without realtime server says; not an error of a page.
HARMLESS = ("socket.io", "favicon")


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


class Desk:
	"""ERPNext's desk as one user sees it."""

	def __init__(self, driver: webdriver.Chrome):
		self.driver = driver

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
		return self.find(selector).text

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


@pytest.fixture
def desk(driver, request):
	"""The browser with nobody logged in; a failed test leaves a screenshot."""
	driver.delete_all_cookies()
	driver.get_log("browser")
	desk = Desk(driver)
	failed = request.session.testsfailed
	yield desk
	if request.session.testsfailed > failed:
		folder = Path(os.environ.get("B2B_ARTIFACTS", "screenshots"))
		folder.mkdir(parents=True, exist_ok=True)
		driver.save_screenshot(str(folder / f"{request.node.name}.png"))
		(folder / f"{request.node.name}.txt").write_text("\n".join(desk.errors()), encoding="utf-8")
