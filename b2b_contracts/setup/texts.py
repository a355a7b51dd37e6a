"""The mails about holds, as Email Templates: made once at install, then the site's own to edit.

Context of the sellers' mails: `hold` (the Credit Hold), `reasons` and `ways_out` (each with `text`), `link`; of the
customer's: `order`, `po_no`, `customer_name`, `company` and nothing else, so that no limit, rating or other customer
can get into it. The one for invoices is chosen in the mail of an invoice, whose fields are its context. Beside "Order held: customer" stands "Order held: customer (da)" for who reads Danish, and so on.
"""

import frappe

from b2b_contracts.collections.balance_confirmations import CONFIRMATION_TEMPLATE, REMINDER_TEMPLATE
from b2b_contracts.collections.dispute_links import INVOICE_TEMPLATE
from b2b_contracts.collections.limitation import TEMPLATE as LIMITATION_TEMPLATE
from b2b_contracts.collections.statement_sending import STATEMENT_TEMPLATE
from b2b_contracts.contracts.copies import TEMPLATE as SIGNED_COPY_TEMPLATE
from b2b_contracts.contracts.letters import PROOF_TEMPLATE
from b2b_contracts.contracts.watching import TEMPLATE as KEY_DATE_TEMPLATE
from b2b_contracts.credit.notices import (
	BOARD_TEMPLATE,
	BY_HAND_TEMPLATE,
	CUSTOMER_TEMPLATE,
	LIFTED_TEMPLATE,
	REJECTED_TEMPLATE,
	RELEASED_TEMPLATE,
	SELLER_TEMPLATE,
	STOP_CUSTOMER_TEMPLATE,
	STOP_TEMPLATE,
)
from b2b_contracts.credit.security_reminders import EXPIRES_TEMPLATE, GIVEN_TEMPLATE
from b2b_contracts.reporting.pack_mails import TEMPLATE as PACK_TEMPLATE
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
	BOARD_TEMPLATE: (
		"For your decision: {{ title }} ({{ customer }})",
		"""<p>Dear {{ member | e }},</p>
<p>This takes a decision of the Board of {{ company | e }}: <b>{{ title | e }}</b>, customer {{ customer | e }}.</p>
<ul>{% for label, value in lines %}<li>{{ label | e }}: {{ value | e }}</li>{% endfor %}</ul>
{% if reason %}<p>{{ asked_by | e }} asks for it: {{ reason | e }}</p>{% endif %}
<p><a href="{{ link }}">Look at it and decide</a></p>
<p>The link is yours alone: it is good for one decision within {{ days }} days. Do not pass it on.</p>""",
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
	BY_HAND_TEMPLATE: (
		"{{ hold.customer_name }} is on hold",
		"""<p>Hello,</p>
<p>Credit has put <b>{{ hold.customer_name | e }}</b> on hold: new orders wait{% if hold.action == "Stop" %}, and nothing is
delivered{% endif %} until a person lifts it.</p>
<ul>{% for reason in reasons %}<li>{{ reason | e }}</li>{% endfor %}</ul>
<p><a href="{{ link }}">See the hold</a></p>""",
	),
	EXPIRES_TEMPLATE: (
		"{{ title }} of {{ whom }} expires in {{ days_left }} days",
		"""<p>Hello,</p>
<p><b>{{ title | e }}</b> of <b>{{ whom | e }}</b>{% if security.issuer %}, issued by {{ security.issuer | e }},{% endif %} over
{{ security.get_formatted("amount") }} expires on {{ frappe.utils.format_date(security.expiry_date) }}. From the next day on it
covers nothing, and orders that need it wait.</p>
<p>Have it extended or replaced, and enter the new date or the new security.</p>
<p><a href="{{ link }}">See the security</a></p>""",
	),
	GIVEN_TEMPLATE: (
		"{{ title }} given to {{ whom }} expires in {{ days_left }} days",
		"""<p>Hello,</p>
<p><b>{{ title | e }}</b> over {{ security.get_formatted("amount") }}, which we have given to <b>{{ whom | e }}</b>, expires on
{{ frappe.utils.format_date(security.expiry_date) }}. It is a liability of ours until it is back.</p>
<p>Ask for the original back, or see with the customer whether it must be extended.</p>
<p><a href="{{ link }}">See the guarantee</a></p>""",
	),
	INVOICE_TEMPLATE: (
		"Invoice {{ name }} from {{ company }}",
		"""<p>Dear {{ customer_name | e }},</p>
<p>Please find attached our invoice {{ name }} of {{ frappe.utils.format_date(posting_date) }}{% if po_no %} (your reference
{{ po_no | e }}){% endif %}. It is due on {{ frappe.utils.format_date(due_date) }}.</p>
{% set payment = b2b_payment_details(name) %}{% if payment.text %}<p>Payment reference: {{ payment.printed | e }}</p>{% endif %}
{% set pay = b2b_payment_link(name) %}{% if pay %}<p><a href="{{ pay }}">See online how to pay it</a></p>{% endif %}
{% set link = b2b_dispute_link(name) %}{% if link %}<p>Is something wrong with it?
<a href="{{ link }}">Tell us here</a>, and we look into it at once.</p>{% endif %}
<p>Kind regards<br>{{ company | e }}</p>""",
	),
	STATEMENT_TEMPLATE: (
		"{{ title }} from {{ company }}",
		"""<p>Dear {{ customer_name | e }},</p>
<p>Please find attached: {{ title | e }}. The balance is <b>{{ balance | e }}</b>{% if overdue %}, of which {{ overdue | e }} is
past due{% endif %}.</p>
{% if pay %}<p><a href="{{ pay }}">See online how to pay it</a></p>{% endif %}
<p>If your books say something else, just reply to this mail.</p>
<p>Kind regards<br>{{ company | e }}</p>""",
	),
	CONFIRMATION_TEMPLATE: (
		"Please confirm your balance with {{ company }} as of {{ day }}",
		"""<p>Dear {{ customer_name | e }},</p>
<p>For the audit of our accounts we ask you to confirm what you owed us at the end of {{ day }}. By our books it is
<b>{{ balance | e }}</b>; attached is what it is made of. This is no demand for payment.</p>
<p><a href="{{ link }}">Confirm it, or tell us what differs</a></p>
<p>The link is good for one answer. You can also sign the attached page and send it back.</p>
<p>Kind regards<br>{{ company | e }}</p>""",
	),
	REMINDER_TEMPLATE: (
		"We still miss your answer: balance with {{ company }} as of {{ day }}",
		"""<p>Dear {{ customer_name | e }},</p>
<p>On {{ sent_on }} we asked you to confirm what you owed us at the end of {{ day }}: <b>{{ balance | e }}</b>. We have not had
your answer yet. It takes a minute:</p>
<p><a href="{{ link }}">Confirm it, or tell us what differs</a></p>
<p>Kind regards<br>{{ company | e }}</p>""",
	),
	KEY_DATE_TEMPLATE: (
		"{{ what }} – contract {{ contract.title }} with {{ customer_name }}",
		"""<p>Hello,</p>
<p><b>{{ what | e }}</b>: contract <b>{{ contract.title | e }}</b> with {{ customer_name | e }}.</p>
{% if contract.notice_deadline %}<p>Notice can be given until {{ frappe.utils.format_date(contract.notice_deadline) }}; we want to
have acted by {{ frappe.utils.format_date(contract.last_date_to_act) }}.</p>{% endif %}
<p><a href="{{ link }}">See the contract</a></p>""",
	),
	SIGNED_COPY_TEMPLATE: (
		"Signed contract: {{ contract.title }} ({{ contract.name }})",
		"""<p>Dear {{ recipient_name | e }},</p>
<p>Attached is your copy of the contract <b>{{ contract.title | e }}</b> between {{ company | e }} and {{ customer_name | e }}, signed
on {{ frappe.utils.format_date(contract.signed_on) }}. It runs from {{ frappe.utils.format_date(contract.start_date) }}.</p>
{% if link %}<p><a href="{{ link }}">See the contract</a></p>{% else %}<p>If you have any questions, just reply to this mail.</p>{% endif %}
<p>Kind regards<br>{{ company | e }}</p>""",
	),
	PROOF_TEMPLATE: (
		"Did it leave? {{ letter.title }}",
		"""<p>Hello,</p>
<p>The letter <b>{{ letter.title | e }}</b> to {{ customer_name | e }} was written {{ days }} days ago, and nothing shows yet that it
left. Without proof the customer may say that it never came.</p>
<p>Send it, then write down how and when it left, with the tracking number or the receipt.</p>
<p><a href="{{ link }}">See the contract</a></p>""",
	),
	LIMITATION_TEMPLATE: (
		"Claims on {{ customer_name }} can soon no longer be enforced",
		"""<p>Hello,</p>
<p>These claims of {{ company | e }} on <b>{{ customer_name | e }}</b> are lost unless something is done before their last day:</p>
<ul>{% for claim in claims %}<li>{{ claim.name | e }}: {{ claim.amount | e }}, due {{ claim.due }}, last day {{ claim.expires }}
({{ claim.days_left }} days)</li>{% endfor %}{% if more %}<li>and {{ more }} more</li>{% endif %}</ul>
<p>A signed payment plan or a balance that the customer confirms lets the time run anew; so does what the law knows beside it,
such as a claim in court.</p>
<p><a href="{{ link }}">See the customer</a></p>""",
	),
	LIFTED_TEMPLATE: (
		"Deliveries to {{ hold.customer_name }} go on",
		"""<p>Hello,</p>
<p>The stop of <b>{{ hold.customer_name | e }}</b> has lifted itself: its orders may be delivered again.</p>
<p><a href="{{ link }}">See the stop that was</a></p>""",
	),
	PACK_TEMPLATE: (
		"{{ company }}: credit and collections, {{ from_date }} to {{ to_date }}",
		"""<p>Hello {{ recipient_name | e }},</p>
<p>Attached is the credit pack of {{ company | e }}, {{ from_date }} to {{ to_date }} ({{ audience | e }}{% if version > 1 %}, version
{{ version }}{% endif %}): key figures with traffic lights, ageing, the customers most at risk, exceptions and the decisions to
take.</p>
{% if link %}<p><a href="{{ link }}">See the pack in ERPNext</a></p>{% endif %}
<p>The workbook is confidential: do not pass it on.</p>""",
	),
}

# What customers read, in the languages of the app; any other language gets the English text.
_IN_LANGUAGES = {
	KEY_DATE_TEMPLATE: {
		"da": (
			"{{ what }} – kontrakt {{ contract.title }} med {{ customer_name }}",
			"""<p>Hej,</p>
<p><b>{{ what | e }}</b>: kontrakt <b>{{ contract.title | e }}</b> med {{ customer_name | e }}.</p>
{% if contract.notice_deadline %}<p>Opsigelse kan ske til og med {{ frappe.utils.format_date(contract.notice_deadline) }}; vi vil
have handlet senest {{ frappe.utils.format_date(contract.last_date_to_act) }}.</p>{% endif %}
<p><a href="{{ link }}">Se kontrakten</a></p>""",
		),
		"nb": (
			"{{ what }} – kontrakt {{ contract.title }} med {{ customer_name }}",
			"""<p>Hei,</p>
<p><b>{{ what | e }}</b>: kontrakt <b>{{ contract.title | e }}</b> med {{ customer_name | e }}.</p>
{% if contract.notice_deadline %}<p>Oppsigelse kan skje til og med {{ frappe.utils.format_date(contract.notice_deadline) }}; vi vil
ha handlet senest {{ frappe.utils.format_date(contract.last_date_to_act) }}.</p>{% endif %}
<p><a href="{{ link }}">Se kontrakten</a></p>""",
		),
		"sv": (
			"{{ what }} – avtal {{ contract.title }} med {{ customer_name }}",
			"""<p>Hej,</p>
<p><b>{{ what | e }}</b>: avtal <b>{{ contract.title | e }}</b> med {{ customer_name | e }}.</p>
{% if contract.notice_deadline %}<p>Uppsägning kan ske till och med {{ frappe.utils.format_date(contract.notice_deadline) }}; vi
vill ha agerat senast {{ frappe.utils.format_date(contract.last_date_to_act) }}.</p>{% endif %}
<p><a href="{{ link }}">Se avtalet</a></p>""",
		),
	},
	SIGNED_COPY_TEMPLATE: {
		"da": (
			"Underskrevet kontrakt: {{ contract.title }} ({{ contract.name }})",
			"""<p>Kære {{ recipient_name | e }},</p>
<p>Vedhæftet er jeres eksemplar af kontrakten <b>{{ contract.title | e }}</b> mellem {{ company | e }} og {{ customer_name | e }},
underskrevet {{ frappe.utils.format_date(contract.signed_on) }}. Den løber fra {{ frappe.utils.format_date(contract.start_date) }}.</p>
{% if link %}<p><a href="{{ link }}">Se kontrakten</a></p>{% else %}<p>Har I spørgsmål, så svar blot på denne mail.</p>{% endif %}
<p>Med venlig hilsen<br>{{ company | e }}</p>""",
		),
		"nb": (
			"Signert kontrakt: {{ contract.title }} ({{ contract.name }})",
			"""<p>Kjære {{ recipient_name | e }},</p>
<p>Vedlagt er deres eksemplar av kontrakten <b>{{ contract.title | e }}</b> mellom {{ company | e }} og {{ customer_name | e }},
signert {{ frappe.utils.format_date(contract.signed_on) }}. Den løper fra {{ frappe.utils.format_date(contract.start_date) }}.</p>
{% if link %}<p><a href="{{ link }}">Se kontrakten</a></p>{% else %}<p>Har dere spørsmål, er det bare å svare på denne
e-posten.</p>{% endif %}
<p>Med vennlig hilsen<br>{{ company | e }}</p>""",
		),
		"sv": (
			"Undertecknat avtal: {{ contract.title }} ({{ contract.name }})",
			"""<p>Hej {{ recipient_name | e }},</p>
<p>Bifogat finns ert exemplar av avtalet <b>{{ contract.title | e }}</b> mellan {{ company | e }} och {{ customer_name | e }},
undertecknat den {{ frappe.utils.format_date(contract.signed_on) }}. Det löper från den
{{ frappe.utils.format_date(contract.start_date) }}.</p>
{% if link %}<p><a href="{{ link }}">Se avtalet</a></p>{% else %}<p>Har ni frågor är det bara att svara på detta mejl.</p>{% endif %}
<p>Med vänlig hälsning<br>{{ company | e }}</p>""",
		),
	},
	PROOF_TEMPLATE: {
		"da": (
			"Er det afsendt? {{ letter.title }}",
			"""<p>Hej,</p>
<p>Brevet <b>{{ letter.title | e }}</b> til {{ customer_name | e }} blev skrevet for {{ days }} dage siden, og intet viser endnu, at
det er afsendt. Uden bevis kan kunden sige, at det aldrig kom frem.</p>
<p>Send det, og skriv så, hvordan og hvornår det blev afsendt, med forsendelsesnummer eller kvittering.</p>
<p><a href="{{ link }}">Se kontrakten</a></p>""",
		),
		"nb": (
			"Er det sendt? {{ letter.title }}",
			"""<p>Hei,</p>
<p>Brevet <b>{{ letter.title | e }}</b> til {{ customer_name | e }} ble skrevet for {{ days }} dager siden, og ingenting viser ennå at
det er sendt. Uten bevis kan kunden si at det aldri kom frem.</p>
<p>Send det, og skriv så hvordan og når det ble sendt, med sporingsnummer eller kvittering.</p>
<p><a href="{{ link }}">Se kontrakten</a></p>""",
		),
		"sv": (
			"Är det avsänt? {{ letter.title }}",
			"""<p>Hej,</p>
<p>Brevet <b>{{ letter.title | e }}</b> till {{ customer_name | e }} skrevs för {{ days }} dagar sedan, och ännu visar ingenting att
det har avsänts. Utan bevis kan kunden säga att det aldrig kom fram.</p>
<p>Skicka det, och skriv sedan hur och när det avsändes, med spårningsnummer eller kvitto.</p>
<p><a href="{{ link }}">Se avtalet</a></p>""",
		),
	},
	INVOICE_TEMPLATE: {
		"da": (
			"Faktura {{ name }} fra {{ company }}",
			"""<p>Kære {{ customer_name | e }},</p>
<p>Vedhæftet er vores faktura {{ name }} af {{ frappe.utils.format_date(posting_date) }}{% if po_no %} (jeres reference
{{ po_no | e }}){% endif %}. Den forfalder {{ frappe.utils.format_date(due_date) }}.</p>
{% set payment = b2b_payment_details(name) %}{% if payment.text %}<p>Betalingsreference: {{ payment.printed | e }}</p>{% endif %}
{% set pay = b2b_payment_link(name) %}{% if pay %}<p><a href="{{ pay }}">Se online, hvordan den betales</a></p>{% endif %}
{% set link = b2b_dispute_link(name) %}{% if link %}<p>Er der noget galt med den?
<a href="{{ link }}">Skriv det til os her</a>, så ser vi på det med det samme.</p>{% endif %}
<p>Med venlig hilsen<br>{{ company | e }}</p>""",
		),
		"nb": (
			"Faktura {{ name }} fra {{ company }}",
			"""<p>Kjære {{ customer_name | e }},</p>
<p>Vedlagt er fakturaen vår {{ name }} av {{ frappe.utils.format_date(posting_date) }}{% if po_no %} (deres referanse
{{ po_no | e }}){% endif %}. Den forfaller {{ frappe.utils.format_date(due_date) }}.</p>
{% set payment = b2b_payment_details(name) %}{% if payment.text %}<p>Betalingsreferanse: {{ payment.printed | e }}</p>{% endif %}
{% set pay = b2b_payment_link(name) %}{% if pay %}<p><a href="{{ pay }}">Se på nett hvordan den betales</a></p>{% endif %}
{% set link = b2b_dispute_link(name) %}{% if link %}<p>Er det noe galt med den?
<a href="{{ link }}">Si fra til oss her</a>, så ser vi på det med en gang.</p>{% endif %}
<p>Med vennlig hilsen<br>{{ company | e }}</p>""",
		),
		"sv": (
			"Faktura {{ name }} från {{ company }}",
			"""<p>Hej {{ customer_name | e }},</p>
<p>Bifogat finns vår faktura {{ name }} av den {{ frappe.utils.format_date(posting_date) }}{% if po_no %} (er referens
{{ po_no | e }}){% endif %}. Den förfaller den {{ frappe.utils.format_date(due_date) }}.</p>
{% set payment = b2b_payment_details(name) %}{% if payment.text %}<p>Betalningsreferens: {{ payment.printed | e }}</p>{% endif %}
{% set pay = b2b_payment_link(name) %}{% if pay %}<p><a href="{{ pay }}">Se online hur den betalas</a></p>{% endif %}
{% set link = b2b_dispute_link(name) %}{% if link %}<p>Är något fel med den?
<a href="{{ link }}">Skriv till oss här</a>, så tittar vi på det genast.</p>{% endif %}
<p>Med vänlig hälsning<br>{{ company | e }}</p>""",
		),
	},
	CUSTOMER_TEMPLATE: {
		"da": (
			"Jeres ordre {{ po_no or order }}",
			"""<p>Kære {{ customer_name | e }},</p>
<p>Tak for jeres ordre {{ order }}{% if po_no %} (jeres reference {{ po_no | e }}){% endif %}. Vi har modtaget den og skal
bruge lidt mere tid, før vi kan bekræfte leveringen. I behøver ikke at gøre noget nu; I hører snart fra os.</p>
<p>Har I spørgsmål, så svar blot på denne mail.</p>
<p>Med venlig hilsen<br>{{ company | e }}</p>""",
		),
		"nb": (
			"Deres ordre {{ po_no or order }}",
			"""<p>Kjære {{ customer_name | e }},</p>
<p>Takk for ordren {{ order }}{% if po_no %} (deres referanse {{ po_no | e }}){% endif %}. Vi har mottatt den og trenger litt
mer tid før vi kan bekrefte leveringen. Dere trenger ikke å gjøre noe nå; dere hører snart fra oss.</p>
<p>Har dere spørsmål, er det bare å svare på denne e-posten.</p>
<p>Med vennlig hilsen<br>{{ company | e }}</p>""",
		),
		"sv": (
			"Er order {{ po_no or order }}",
			"""<p>Hej {{ customer_name | e }},</p>
<p>Tack för er order {{ order }}{% if po_no %} (er referens {{ po_no | e }}){% endif %}. Vi har tagit emot den och behöver lite
mer tid innan vi kan bekräfta leveransen. Ni behöver inte göra något nu; vi hör snart av oss.</p>
<p>Har ni frågor är det bara att svara på detta mejl.</p>
<p>Med vänlig hälsning<br>{{ company | e }}</p>""",
		),
	},
	STOP_CUSTOMER_TEMPLATE: {
		"da": (
			"Jeres leveringer fra {{ company }}",
			"""<p>Kære {{ customer_name | e }},</p>
<p>Vi kan ikke levere jeres ordrer i øjeblikket, da der er åbne poster på jeres konto. Se venligst vores kontoudtog og
rykkere igennem, eller svar blot på denne mail: vi finder gerne en løsning sammen med jer.</p>
<p>Med venlig hilsen<br>{{ company | e }}</p>""",
		),
		"nb": (
			"Leveringene deres fra {{ company }}",
			"""<p>Kjære {{ customer_name | e }},</p>
<p>Vi kan ikke levere ordrene deres for øyeblikket, siden det er åpne poster på kontoen. Se gjerne gjennom
kontoutskriftene og purringene våre, eller svar på denne e-posten: vi finner gjerne en løsning sammen med dere.</p>
<p>Med vennlig hilsen<br>{{ company | e }}</p>""",
		),
		"sv": (
			"Era leveranser från {{ company }}",
			"""<p>Hej {{ customer_name | e }},</p>
<p>Vi kan inte leverera era order just nu, eftersom det finns öppna poster på ert konto. Titta gärna igenom våra
kontoutdrag och påminnelser, eller svara på detta mejl: vi hittar gärna en lösning tillsammans med er.</p>
<p>Med vänlig hälsning<br>{{ company | e }}</p>""",
		),
	},
	STATEMENT_TEMPLATE: {
		"da": (
			"{{ title }} fra {{ company }}",
			"""<p>Kære {{ customer_name | e }},</p>
<p>Vedhæftet er: {{ title | e }}. Saldoen er <b>{{ balance | e }}</b>{% if overdue %}, heraf er {{ overdue | e }}
forfaldent{% endif %}.</p>
{% if pay %}<p><a href="{{ pay }}">Se på nettet, hvordan den betales</a></p>{% endif %}
<p>Siger jeres bøger noget andet, så svar blot på denne mail.</p>
<p>Med venlig hilsen<br>{{ company | e }}</p>""",
		),
		"nb": (
			"{{ title }} fra {{ company }}",
			"""<p>Kjære {{ customer_name | e }},</p>
<p>Vedlagt er: {{ title | e }}. Saldoen er <b>{{ balance | e }}</b>{% if overdue %}, herav er {{ overdue | e }}
forfalt{% endif %}.</p>
{% if pay %}<p><a href="{{ pay }}">Se på nettet hvordan den betales</a></p>{% endif %}
<p>Sier bøkene deres noe annet, er det bare å svare på denne e-posten.</p>
<p>Med vennlig hilsen<br>{{ company | e }}</p>""",
		),
		"sv": (
			"{{ title }} från {{ company }}",
			"""<p>Hej {{ customer_name | e }},</p>
<p>Bifogat finns: {{ title | e }}. Saldot är <b>{{ balance | e }}</b>{% if overdue %}, varav {{ overdue | e }} är
förfallet{% endif %}.</p>
{% if pay %}<p><a href="{{ pay }}">Se på nätet hur det betalas</a></p>{% endif %}
<p>Säger era böcker något annat är det bara att svara på detta mejl.</p>
<p>Med vänlig hälsning<br>{{ company | e }}</p>""",
		),
	},
	CONFIRMATION_TEMPLATE: {
		"da": (
			"Bekræft venligst jeres saldo hos {{ company }} pr. {{ day }}",
			"""<p>Kære {{ customer_name | e }},</p>
<p>Til revisionen af vores regnskab beder vi jer bekræfte, hvad I skyldte os ved udgangen af {{ day }}. Efter vores bøger er det
<b>{{ balance | e }}</b>; vedhæftet er, hvad det består af. Dette er ikke en betalingsopfordring.</p>
<p><a href="{{ link }}">Bekræft saldoen, eller skriv, hvad der afviger</a></p>
<p>Linket gælder til ét svar. I kan også underskrive den vedhæftede side og sende den tilbage.</p>
<p>Med venlig hilsen<br>{{ company | e }}</p>""",
		),
		"nb": (
			"Vennligst bekreft saldoen deres hos {{ company }} per {{ day }}",
			"""<p>Kjære {{ customer_name | e }},</p>
<p>Til revisjonen av regnskapet vårt ber vi dere bekrefte hva dere skyldte oss ved utgangen av {{ day }}. Etter våre bøker er det
<b>{{ balance | e }}</b>; vedlagt er hva den består av. Dette er ikke et krav om betaling.</p>
<p><a href="{{ link }}">Bekreft saldoen, eller skriv hva som avviker</a></p>
<p>Lenken gjelder for ett svar. Dere kan også signere den vedlagte siden og sende den tilbake.</p>
<p>Med vennlig hilsen<br>{{ company | e }}</p>""",
		),
		"sv": (
			"Bekräfta ert saldo hos {{ company }} per {{ day }}",
			"""<p>Hej {{ customer_name | e }},</p>
<p>För revisionen av våra räkenskaper ber vi er bekräfta vad ni var skyldiga oss vid utgången av {{ day }}. Enligt våra böcker är
det <b>{{ balance | e }}</b>; bifogat finns vad det består av. Detta är ingen betalningsuppmaning.</p>
<p><a href="{{ link }}">Bekräfta saldot, eller skriv vad som avviker</a></p>
<p>Länken gäller för ett svar. Ni kan också underteckna den bifogade sidan och skicka tillbaka den.</p>
<p>Med vänlig hälsning<br>{{ company | e }}</p>""",
		),
	},
	REMINDER_TEMPLATE: {
		"da": (
			"Vi mangler stadig jeres svar: saldo hos {{ company }} pr. {{ day }}",
			"""<p>Kære {{ customer_name | e }},</p>
<p>Den {{ sent_on }} bad vi jer bekræfte, hvad I skyldte os ved udgangen af {{ day }}: <b>{{ balance | e }}</b>. Vi har endnu ikke
fået jeres svar. Det tager et minut:</p>
<p><a href="{{ link }}">Bekræft saldoen, eller skriv, hvad der afviger</a></p>
<p>Med venlig hilsen<br>{{ company | e }}</p>""",
		),
		"nb": (
			"Vi mangler fortsatt svaret deres: saldo hos {{ company }} per {{ day }}",
			"""<p>Kjære {{ customer_name | e }},</p>
<p>Den {{ sent_on }} ba vi dere bekrefte hva dere skyldte oss ved utgangen av {{ day }}: <b>{{ balance | e }}</b>. Vi har ennå ikke
fått svaret deres. Det tar et minutt:</p>
<p><a href="{{ link }}">Bekreft saldoen, eller skriv hva som avviker</a></p>
<p>Med vennlig hilsen<br>{{ company | e }}</p>""",
		),
		"sv": (
			"Vi saknar fortfarande ert svar: saldo hos {{ company }} per {{ day }}",
			"""<p>Hej {{ customer_name | e }},</p>
<p>Den {{ sent_on }} bad vi er bekräfta vad ni var skyldiga oss vid utgången av {{ day }}: <b>{{ balance | e }}</b>. Vi har ännu
inte fått ert svar. Det tar en minut:</p>
<p><a href="{{ link }}">Bekräfta saldot, eller skriv vad som avviker</a></p>
<p>Med vänlig hälsning<br>{{ company | e }}</p>""",
		),
	},
	PACK_TEMPLATE: {
		"da": (
			"{{ company }}: kredit og inkasso, {{ from_date }} til {{ to_date }}",
			"""<p>Hej {{ recipient_name | e }},</p>
<p>Vedhæftet er kreditpakken for {{ company | e }}, {{ from_date }} til {{ to_date }} ({{ audience | e }}{% if version > 1 %}, version
{{ version }}{% endif %}): nøgletal med trafiklys, aldersfordeling, kunder med størst risiko, undtagelser og beslutninger, der skal
træffes.</p>
{% if link %}<p><a href="{{ link }}">Se pakken i ERPNext</a></p>{% endif %}
<p>Projektmappen er fortrolig: send den ikke videre.</p>""",
		),
		"nb": (
			"{{ company }}: kreditt og innfordring, {{ from_date }} til {{ to_date }}",
			"""<p>Hei {{ recipient_name | e }},</p>
<p>Vedlagt er kredittpakken for {{ company | e }}, {{ from_date }} til {{ to_date }} ({{ audience | e }}{% if version > 1 %}, versjon
{{ version }}{% endif %}): nøkkeltall med trafikklys, aldersfordeling, kunder med størst risiko, unntak og beslutninger som skal
tas.</p>
{% if link %}<p><a href="{{ link }}">Se pakken i ERPNext</a></p>{% endif %}
<p>Arbeidsboken er fortrolig: ikke send den videre.</p>""",
		),
		"sv": (
			"{{ company }}: kredit och indrivning, {{ from_date }} till {{ to_date }}",
			"""<p>Hej {{ recipient_name | e }},</p>
<p>Bifogat finns kreditpaketet för {{ company | e }}, {{ from_date }} till {{ to_date }} ({{ audience | e }}{% if version > 1 %}, version
{{ version }}{% endif %}): nyckeltal med trafikljus, åldersfördelning, kunder med störst risk, undantag och beslut som ska fattas.</p>
{% if link %}<p><a href="{{ link }}">Se paketet i ERPNext</a></p>{% endif %}
<p>Arbetsboken är konfidentiell: skicka den inte vidare.</p>""",
		),
	},
}
TEXTS |= {
	f"{template} ({language})": text
	for template, by_language in _IN_LANGUAGES.items()
	for language, text in by_language.items()
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
