"""The mails about holds, as Email Templates: made once at install, then the site's own to edit.

Context of the sellers' mails: `hold` (the Credit Hold), `reasons` and `ways_out` (each with `text`), `link`; of the
customer's: `order`, `po_no`, `customer_name`, `company` and nothing else, so that no limit, rating or other customer
can get into it.
"""

import frappe

from b2b_contracts.credit.notices import (
	CUSTOMER_TEMPLATE,
	LIFTED_TEMPLATE,
	REJECTED_TEMPLATE,
	RELEASED_TEMPLATE,
	SELLER_TEMPLATE,
	STOP_CUSTOMER_TEMPLATE,
	STOP_TEMPLATE,
)
from b2b_contracts.setup import marks

CREATED = "created_email_templates"

TEXTS = {
	SELLER_TEMPLATE: (
		"{{ hold.reference_name }} ({{ hold.customer_name }}) waits for a credit decision",
		"""<p>Hello,</p>
<p><b>{{ hold.reference_name }}</b> of <b>{{ hold.customer_name | e }}</b> is entered and waits for a credit decision:
nothing is delivered or billed until then.</p>
<p>Why it waits:</p>
<ul>{% for reason in reasons %}<li>{{ reason | e }}</li>{% endfor %}</ul>
{% if ways_out %}<p>What helps:</p>
<ul>{% for way in ways_out %}<li>{{ way.text | e }}</li>{% endfor %}</ul>{% endif %}
{% if hold.response_due %}<p>You get an answer by {{ frappe.utils.format_datetime(hold.response_due, "d MMM yyyy HH:mm") }}.</p>{% endif %}
<p><a href="{{ link }}">See the hold, or ask for its release</a></p>""",
	),
	CUSTOMER_TEMPLATE: (
		"Your order {{ po_no or order }}",
		"""<p>Dear {{ customer_name | e }},</p>
<p>Thank you for your order {{ order }}{% if po_no %} (your reference {{ po_no | e }}){% endif %}. We have received it and
need a little more time before we can confirm the delivery. You do not have to do anything now; we get back to you
shortly.</p>
<p>If you have any questions, just reply to this mail.</p>
<p>Kind regards<br>{{ company | e }}</p>""",
	),
	RELEASED_TEMPLATE: (
		"{{ hold.reference_name }} ({{ hold.customer_name }}) is released",
		"""<p>Hello,</p>
<p><b>{{ hold.reference_name }}</b> of <b>{{ hold.customer_name | e }}</b> is released and may be delivered{% if
hold.valid_until %} until {{ frappe.utils.format_date(hold.valid_until) }}{% endif %}.</p>
<p>Reason: {{ (hold.release_reason or "") | e }}</p>
<p><a href="{{ link }}">See the hold</a></p>""",
	),
	REJECTED_TEMPLATE: (
		"{{ hold.reference_name }} ({{ hold.customer_name }}) is not released",
		"""<p>Hello,</p>
<p><b>{{ hold.reference_name }}</b> of <b>{{ hold.customer_name | e }}</b> is not released and stays on hold.</p>
<p>Reason: {{ (hold.reject_reason or "") | e }}</p>
<p>Change the order to have it decided again, or close it.</p>
<p><a href="{{ link }}">See the hold</a></p>""",
	),
	STOP_TEMPLATE: (
		"Deliveries to {{ hold.customer_name }} are stopped",
		"""<p>Hello,</p>
<p>Nothing is delivered to <b>{{ hold.customer_name | e }}</b> until this is settled:</p>
<ul>{% for reason in reasons %}<li>{{ reason | e }}</li>{% endfor %}</ul>
<p>The stop lifts itself as soon as its cause has gone. Orders that are paid for in advance are delivered.</p>
<p><a href="{{ link }}">See the stop</a></p>""",
	),
	STOP_CUSTOMER_TEMPLATE: (
		"Your deliveries from {{ company }}",
		"""<p>Dear {{ customer_name | e }},</p>
<p>We cannot deliver your orders at the moment, as there are open items on your account. Please have a look at our
statements and reminders, or just reply to this mail: we are glad to find a way with you.</p>
<p>Kind regards<br>{{ company | e }}</p>""",
	),
	LIFTED_TEMPLATE: (
		"Deliveries to {{ hold.customer_name }} go on",
		"""<p>Hello,</p>
<p>The stop of <b>{{ hold.customer_name | e }}</b> has lifted itself: its orders may be delivered again.</p>
<p><a href="{{ link }}">See the stop that was</a></p>""",
	),
}


def create() -> None:
	"""Make the templates that are missing, and remember which, so that only those go at uninstall."""
	created = []
	for name, (subject, body) in TEXTS.items():
		if frappe.db.exists("Email Template", name):
			continue
		frappe.get_doc(
			{
				"doctype": "Email Template",
				"name": name,
				"subject": subject,
				"use_html": 1,
				"response_html": body,
			}
		).insert(ignore_permissions=True)
		created.append(name)
	marks.add(CREATED, created)


def remove() -> None:
	"""Remove the templates that we made."""
	for name in marks.listed(CREATED):
		if frappe.db.exists("Email Template", name):
			frappe.delete_doc(
				"Email Template", name, force=True, ignore_permissions=True, delete_permanently=True
			)
