"""Servers that take what the house sends and keep it: an SMTP server and an SMS gateway, each on a port of its own."""

import email
import email.policy
import http.server
import socketserver
import threading
import urllib.parse
from collections.abc import Callable


class _Smtp(socketserver.StreamRequestHandler):
	"""As much of SMTP as a client needs to hand a mail over. `server.refuse` says which recipients are refused."""

	def handle(self):
		self.say("220 sink")
		recipients: list[str] = []
		while line := self.rfile.readline():
			verb = line.decode(errors="replace").strip()
			upper = verb.upper()
			if upper.startswith(("EHLO", "HELO")):
				self.say("250 sink")
			elif upper.startswith("RCPT TO:"):
				address = verb[8:].split(">")[0].strip(" <")
				if self.server.refuse(address):
					self.say("550 no such user here")
				else:
					recipients.append(address)
					self.say("250 ok")
			elif upper == "DATA":
				self.say("354 go on")
				self.server.mails.append((recipients, self.message()))
				recipients = []
				self.say("250 taken")
			elif upper == "QUIT":
				self.say("221 bye")
				return
			else:
				self.say("250 ok")

	def say(self, text: str) -> None:
		self.wfile.write(f"{text}\r\n".encode())
		self.wfile.flush()

	def message(self):
		lines = []
		while (line := self.rfile.readline()) not in (b".\r\n", b""):
			lines.append(line[1:] if line.startswith(b"..") else line)
		return email.message_from_bytes(b"".join(lines), policy=email.policy.default)


class _Sms(http.server.BaseHTTPRequestHandler):
	"""A gateway that takes a message by GET or POST; `server.answer` is the status that it gives."""

	def do_GET(self):
		self.take(urllib.parse.urlsplit(self.path).query)

	def do_POST(self):
		self.take(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

	def take(self, text: str) -> None:
		self.server.messages.append({key: value[0] for key, value in urllib.parse.parse_qs(text).items()})
		self.send_response(self.server.answer)
		self.end_headers()

	def log_message(self, *args) -> None:
		"""Keep quiet: what came is in `messages`."""


class _Server(socketserver.ThreadingTCPServer):
	allow_reuse_address = True
	daemon_threads = True


class Sink:
	"""A server that runs while the `with` block does."""

	def __init__(self, handler):
		self.server = _Server(("127.0.0.1", 0), handler)
		self.server.mails, self.server.messages = [], []
		self.server.refuse: Callable[[str], bool] = lambda address: False
		self.server.answer = 200
		self.port = self.server.server_address[1]

	def __enter__(self):
		threading.Thread(target=self.server.serve_forever, daemon=True).start()
		return self

	def __exit__(self, *exc):
		self.server.shutdown()
		self.server.server_close()


def smtp() -> Sink:
	"""Return an SMTP server: its `server.mails` are [(recipients, message)]."""
	return Sink(_Smtp)


def sms() -> Sink:
	"""Return an SMS gateway: its `server.messages` are the parameters that came."""
	return Sink(_Sms)
