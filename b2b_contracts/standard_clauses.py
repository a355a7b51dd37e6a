"""The clauses and templates that a new site starts with, as plain data, in English and Danish (requirements §6).

They are a start for a lawyer to look at, not advice. A user may edit or delete each of them.
"""

MUST, SHOULD, CAN = "Must", "Should", "Can"
CONTRACT_MANAGER, FINANCE_DIRECTOR, CFO = "Contract Manager", "Finance Director", "CFO"


def _wording(language: str, heading: str, text: str, number: int = 0, role: str = "") -> dict:
	return {
		"kind": "Fallback" if number else "Standard",
		"fallback_number": number,
		"language": language,
		"heading": heading,
		"text": text.strip(),
		"approval_role": role,
	}


def _clause(
	name: str, category: str, rank: str, english, danish, role: str = "", purpose: str = "", more=()
) -> dict:
	"""A clause of a heading and a text in both languages; `more` are the fallbacks in their order: (role, English, Danish)."""
	wordings = [_wording("en", *english), _wording("da", *danish)]
	for number, (agreed_by, in_english, in_danish) in enumerate(more, start=1):
		wordings += [
			_wording("en", english[0], in_english, number, agreed_by),
			_wording("da", danish[0], in_danish, number, agreed_by),
		]
	return {
		"clause_name": name,
		"category": category,
		"rank": rank,
		"deviation_role": role,
		"purpose": purpose,
		"wordings": wordings,
	}


CLAUSES = (
	_clause(
		"Parties", "Parties and Scope", MUST,
		("Parties", """
This agreement is between {{ company }}{% if company_number %}, registration no. {{ company_number }}{% endif %}{% if company_address %}, {{ company_address }}{% endif %} (the Supplier) and {{ customer_name }}{% if customer_number %}, registration no. {{ customer_number }}{% endif %}{% if customer_address %}, {{ customer_address }}{% endif %} (the Customer).
"""),
		("Parter", """
Denne aftale er indgået mellem {{ company }}{% if company_number %}, CVR-nr. {{ company_number }}{% endif %}{% if company_address %}, {{ company_address }}{% endif %} (Leverandøren) og {{ customer_name }}{% if customer_number %}, CVR-nr. {{ customer_number }}{% endif %}{% if customer_address %}, {{ customer_address }}{% endif %} (Kunden).
"""),
		CONTRACT_MANAGER,
	),
	_clause(
		"Scope", "Parties and Scope", MUST,
		("Scope and precedence", """
The agreement covers {{ scope_of_supply }}.
Each order that the Customer places while the agreement is in force is subject to it. General terms of either party, printed on orders or confirmations, do not apply.
Where documents contradict each other, this agreement comes before its appendices, and these before the order.
"""),
		("Omfang og forrang", """
Aftalen omfatter {{ scope_of_supply }}.
Enhver ordre, som Kunden afgiver, mens aftalen gælder, er omfattet af den. Parternes almindelige betingelser, trykt på ordrer eller bekræftelser, finder ikke anvendelse.
Ved modstrid går denne aftale forud for sine bilag, og bilagene forud for ordren.
"""),
		CONTRACT_MANAGER,
	),
	_clause(
		"Purpose",
		"Parties and Scope",
		MUST,
		(
			"Purpose",
			"""
The parties talk about {{ scope_of_supply }}. What they learn of each other on the way, they need for that alone.
Neither party is bound to conclude a further agreement.
""",
		),
		(
			"Formål",
			"""
Parterne drøfter {{ scope_of_supply }}. Det, som de herved får at vide om hinanden, skal kun bruges hertil.
Ingen af parterne er forpligtet til at indgå en yderligere aftale.
""",
		),
		CONTRACT_MANAGER,
	),
	_clause(
		"Prices", "Price and Payment", MUST,
		("Prices", """
{% if prices %}The agreed prices in {{ currency }}, excluding VAT, are:
{% for row in prices %}{{ row.item }}: {{ row.rate }}{% if row.unit %} per {{ row.unit }}{% endif %}{% if row.from_quantity %} from {{ row.from_quantity }}{% endif %}
{% endfor %}
{% else %}Prices are those of the Supplier's price list in {{ currency }} on the day of the order, excluding VAT.
{% endif %}
{% if discounts %}The Customer receives these discounts:
{% for row in discounts %}{{ row.item }}: {{ row.percent }} %{% if row.from_quantity %} from {{ row.from_quantity }}{% endif %}{% if row.valid_to %} until {{ row.valid_to }}{% endif %}
{% endfor %}
{% endif %}
"""),
		("Priser", """
{% if prices %}De aftalte priser i {{ currency }}, ekskl. moms, er:
{% for row in prices %}{{ row.item }}: {{ row.rate }}{% if row.unit %} pr. {{ row.unit }}{% endif %}{% if row.from_quantity %} fra {{ row.from_quantity }}{% endif %}
{% endfor %}
{% else %}Priserne er Leverandørens listepriser i {{ currency }} på ordredagen, ekskl. moms.
{% endif %}
{% if discounts %}Kunden får følgende rabatter:
{% for row in discounts %}{{ row.item }}: {{ row.percent }} %{% if row.from_quantity %} fra {{ row.from_quantity }}{% endif %}{% if row.valid_to %} indtil {{ row.valid_to }}{% endif %}
{% endfor %}
{% endif %}
"""),
		CONTRACT_MANAGER,
	),
	_clause(
		"Price Adjustment", "Price and Payment", SHOULD,
		("Price adjustment", """
Prices are fixed for the first twelve months. After that the Supplier may adjust them once a year with {{ adjustment_notice }} days' written notice.
An adjustment follows the documented change in the Supplier's costs of materials, energy, wages and freight.
{% if index_formula %}Prices follow this index: {{ index_formula }}.
{% endif %}
"""),
		("Prisregulering", """
Priserne er faste i de første tolv måneder. Derefter kan Leverandøren regulere dem én gang om året med {{ adjustment_notice }} dages skriftligt varsel.
En regulering følger den dokumenterede udvikling i Leverandørens omkostninger til materialer, energi, løn og fragt.
{% if index_formula %}Priserne følger dette indeks: {{ index_formula }}.
{% endif %}
"""),
		FINANCE_DIRECTOR,
		"Without it, a long contract eats the margin. Offer the cap before you offer fixed prices.",
		(
			("", """
Prices are fixed for the first twelve months. After that the Supplier may adjust them once a year with {{ adjustment_notice }} days' written notice, by at most 5 % a year.
An adjustment follows the documented change in the Supplier's costs of materials, energy, wages and freight.
""", """
Priserne er faste i de første tolv måneder. Derefter kan Leverandøren regulere dem én gang om året med {{ adjustment_notice }} dages skriftligt varsel, dog højst med 5 % om året.
En regulering følger den dokumenterede udvikling i Leverandørens omkostninger til materialer, energi, løn og fragt.
"""),
			(FINANCE_DIRECTOR, "Prices are fixed for the first period of this agreement and do not change in it.", "Priserne er faste i aftalens første periode og ændres ikke i den."),
		),
	),
	_clause(
		"Payment", "Price and Payment", MUST,
		("Payment", """
Invoices are due {{ payment_terms }}.
The Customer may set off only claims that are undisputed or finally decided.
If a payment is overdue, the Supplier may hold back deliveries until everything that is overdue has been paid.
"""),
		("Betaling", """
Fakturaer forfalder til betaling {{ payment_terms }}.
Kunden kan kun modregne krav, som er ubestridte eller endeligt afgjort.
Er en betaling forfalden, kan Leverandøren holde leverancer tilbage, indtil alt forfaldent er betalt.
"""),
		FINANCE_DIRECTOR,
	),
	_clause(
		"Late Interest", "Price and Payment", SHOULD,
		("Late interest", """
{% if late_interest_percent %}Overdue amounts bear interest of {{ late_interest_percent }} % a year from the due date until they are paid.
{% else %}Overdue amounts bear interest at the statutory rate from the due date until they are paid.
{% endif %}
The Supplier may also claim the statutory compensation for the costs of collection.
"""),
		("Morarente", """
{% if late_interest_percent %}Forfaldne beløb forrentes med {{ late_interest_percent }} % om året fra forfaldsdagen, til de er betalt.
{% else %}Forfaldne beløb forrentes efter renteloven fra forfaldsdagen, til de er betalt.
{% endif %}
Leverandøren kan desuden kræve den lovbestemte kompensation for inddrivelsesomkostninger.
"""),
		CONTRACT_MANAGER, "",
		(
			("", "Overdue amounts bear interest at the statutory rate from the tenth day after the due date until they are paid.", "Forfaldne beløb forrentes efter renteloven fra den tiende dag efter forfaldsdagen, til de er betalt."),
		),
	),
	_clause(
		"Delivery", "Delivery", SHOULD,
		("Delivery and risk", """
{% if incoterm %}Delivery is {{ incoterm }}{% if named_place %} {{ named_place }}{% endif %} (Incoterms 2020). Risk passes accordingly.
{% else %}Delivery is FCA, the Supplier's warehouse (Incoterms 2020). Risk passes accordingly.
{% endif %}
The delivery time stands in the confirmation of the order. If the Supplier sees that it cannot be kept, the Customer is told without delay, with the new date.
The Customer examines the goods on receipt and gives notice of visible defects within eight days.
"""),
		("Levering og risiko", """
{% if incoterm %}Levering sker {{ incoterm }}{% if named_place %} {{ named_place }}{% endif %} (Incoterms 2020). Risikoen går over i overensstemmelse hermed.
{% else %}Levering sker FCA, Leverandørens lager (Incoterms 2020). Risikoen går over i overensstemmelse hermed.
{% endif %}
Leveringstiden fremgår af ordrebekræftelsen. Kan den ikke overholdes, får Kunden besked uden ophold, med den nye dato.
Kunden undersøger varerne ved modtagelsen og reklamerer over synlige fejl inden otte dage.
"""),
		CONTRACT_MANAGER, "",
		(
			("", """
{% if incoterm %}Delivery is {{ incoterm }}{% if named_place %} {{ named_place }}{% endif %} (Incoterms 2020). Risk passes accordingly.
{% endif %}
If a delivery is late by more than five working days, the Customer receives 0.5 % of its price for each full week, at most 5 %. That settles all claims for the delay.
""", """
{% if incoterm %}Levering sker {{ incoterm }}{% if named_place %} {{ named_place }}{% endif %} (Incoterms 2020). Risikoen går over i overensstemmelse hermed.
{% endif %}
Er en leverance mere end fem arbejdsdage forsinket, får Kunden 0,5 % af dens pris for hver hele uge, højst 5 %. Hermed er alle krav for forsinkelsen gjort op.
"""),
			(FINANCE_DIRECTOR, """
{% if incoterm %}Delivery is {{ incoterm }}{% if named_place %} {{ named_place }}{% endif %} (Incoterms 2020). Risk passes accordingly.
{% endif %}
If a delivery is late, the Customer receives 1 % of its price for each begun week, at most 10 %. That settles all claims for the delay.
""", """
{% if incoterm %}Levering sker {{ incoterm }}{% if named_place %} {{ named_place }}{% endif %} (Incoterms 2020). Risikoen går over i overensstemmelse hermed.
{% endif %}
Er en leverance forsinket, får Kunden 1 % af dens pris for hver påbegyndt uge, højst 10 %. Hermed er alle krav for forsinkelsen gjort op.
"""),
		),
	),
	_clause(
		"Retention of Title", "Delivery", MUST,
		("Retention of title", """
The goods remain the property of the Supplier until they are paid in full, to the extent that the law of the place where they are allows it.
Until then the Customer keeps them insured and recognisable as the Supplier's.
"""),
		("Ejendomsforbehold", """
Varerne forbliver Leverandørens ejendom, til de er betalt fuldt ud, i det omfang loven på det sted, hvor de befinder sig, tillader det.
Indtil da holder Kunden dem forsikret og mærket som Leverandørens.
"""),
		FINANCE_DIRECTOR,
		"Our security when a customer becomes insolvent.",
	),
	_clause(
		"Warranty", "Liability and Warranty", SHOULD,
		("Warranty", """
The Supplier remedies defects that show within {{ warranty_months }} months from delivery, by repair or replacement as it chooses.
Wear, wrong use and changes made by others are not covered.
"""),
		("Garanti", """
Leverandøren afhjælper mangler, der viser sig inden {{ warranty_months }} måneder fra levering, ved reparation eller omlevering efter eget valg.
Slid, forkert brug og ændringer foretaget af andre er ikke omfattet.
"""),
		CONTRACT_MANAGER,
	),
	_clause(
		"Limitation of Liability", "Liability and Warranty", MUST,
		("Limitation of liability", """
Neither party is liable for indirect loss, such as loss of profit, of production or of data.
The Supplier's liability for all claims of a calendar year is limited to {{ liability_cap }}.
The limits do not apply to intent, gross negligence or injury to persons, nor to product liability where the law does not allow it.
"""),
		("Ansvarsbegrænsning", """
Ingen af parterne hæfter for indirekte tab, herunder tabt avance, driftstab og tab af data.
Leverandørens ansvar for alle krav i et kalenderår er begrænset til {{ liability_cap }}.
Begrænsningerne gælder ikke ved forsæt, grov uagtsomhed eller personskade og ikke for produktansvar, hvor loven ikke tillader det.
"""),
		CFO,
		"The most that one customer can cost us in a year. It has to be within our insurance.",
		(
			(FINANCE_DIRECTOR, """
Neither party is liable for indirect loss, such as loss of profit, of production or of data.
The Supplier's liability for each event is limited to {{ liability_cap }}, and for all claims of a calendar year to twice that.
The limits do not apply to intent, gross negligence or injury to persons, nor to product liability where the law does not allow it.
""", """
Ingen af parterne hæfter for indirekte tab, herunder tabt avance, driftstab og tab af data.
Leverandørens ansvar for hver skade er begrænset til {{ liability_cap }} og for alle krav i et kalenderår til det dobbelte.
Begrænsningerne gælder ikke ved forsæt, grov uagtsomhed eller personskade og ikke for produktansvar, hvor loven ikke tillader det.
"""),
		),
	),
	_clause(
		"Insurance", "Liability and Warranty", CAN,
		("Insurance", """
Each party keeps the insurance for business and product liability that is usual in its trade, and shows a certificate on request.
"""),
		("Forsikring", """
Hver part holder en erhvervs- og produktansvarsforsikring, som er sædvanlig i branchen, og fremlægger et certifikat efter anmodning.
"""),
	),
	_clause(
		"Service Levels", "Delivery", SHOULD,
		("Service levels", """
{% if service_levels %}The Supplier keeps these levels:
{% for row in service_levels %}{{ row.service }}: {{ row.target }}{% if row.measured %}, measured {{ row.measured | lower }}{% endif %}{% if row.credit_percent %}; credit if missed: {{ row.credit_percent }} %{% endif %}
{% endfor %}
Credits settle all claims for the missed level.
{% else %}The Supplier provides the services with the care that is usual in its trade.
{% endif %}
"""),
		("Serviceniveau", """
{% if service_levels %}Leverandøren overholder disse niveauer:
{% for row in service_levels %}{{ row.service }}: {{ row.target }}{% if row.measured %}, måles {{ row.measured | lower }}{% endif %}{% if row.credit_percent %}; bod ved overskridelse: {{ row.credit_percent }} %{% endif %}
{% endfor %}
Med boden er alle krav for det manglende niveau gjort op.
{% else %}Leverandøren udfører ydelserne med den omhu, som er sædvanlig i branchen.
{% endif %}
"""),
		CONTRACT_MANAGER,
	),
	_clause(
		"Confidentiality", "Data and Confidentiality", MUST,
		("Confidentiality", """
Each party keeps secret what it learns of the other, uses it for this agreement only, and gives it only to those who need it and are bound in the same way.
The duty applies for {{ confidentiality_years }} years after the agreement has ended. It does not apply to what is public, was known before, or has to be disclosed by law.
"""),
		("Fortrolighed", """
Hver part holder det hemmeligt, som den får at vide om den anden, bruger det kun til denne aftale og giver det kun til dem, som har brug for det og er forpligtet på samme måde.
Pligten gælder i {{ confidentiality_years }} år efter aftalens ophør. Den gælder ikke for det, som er offentligt, var kendt i forvejen eller skal oplyses efter loven.
"""),
		CONTRACT_MANAGER,
	),
	_clause(
		"Data Processing", "Data and Confidentiality", MUST,
		("Data processing", """
Where the Supplier processes personal data for the Customer, the parties conclude a data processing agreement under Article 28 GDPR before the processing starts.
Contact data of each other's employees are processed by each party as a controller, for this agreement only.
"""),
		("Databehandling", """
Behandler Leverandøren personoplysninger for Kunden, indgår parterne en databehandleraftale efter databeskyttelsesforordningens artikel 28, før behandlingen begynder.
Kontaktoplysninger om hinandens medarbejdere behandler hver part som dataansvarlig og kun til denne aftale.
"""),
		FINANCE_DIRECTOR,
	),
	_clause(
		"Subcontractors", "Governance", CAN,
		("Subcontractors", """
The Supplier may use subcontractors and is liable for them as for itself.
"""),
		("Underleverandører", """
Leverandøren må bruge underleverandører og hæfter for dem som for sig selv.
"""),
		"", "",
		(
			("", "The Supplier may use subcontractors with the Customer's consent, which may be refused for good reason only, and is liable for them as for itself.", "Leverandøren må bruge underleverandører med Kundens samtykke, som kun kan nægtes med god grund, og hæfter for dem som for sig selv."),
		),
	),
	_clause(
		"Audit", "Governance", CAN,
		("Audit", """
The Customer may have the Supplier's performance of this agreement audited once a year, in working hours and at its own cost, with {% if audit_notice_days %}{{ audit_notice_days }}{% else %}30{% endif %} days' written notice, by somebody who is bound to secrecy and does not compete with the Supplier.
"""),
		("Revision", """
Kunden kan én gang om året, i arbejdstiden og for egen regning, lade Leverandørens opfyldelse af aftalen efterprøve med {% if audit_notice_days %}{{ audit_notice_days }}{% else %}30{% endif %} dages skriftligt varsel af en person, som har tavshedspligt og ikke konkurrerer med Leverandøren.
"""),
	),
	_clause(
		"Force Majeure", "Liability and Warranty", MUST,
		("Force majeure", """
A party is not liable for what it could neither foresee nor avoid, such as war, pandemics, acts of authorities, fire, flood, cyber attacks, or lack of energy or transport, as long as it lasts.
It tells the other party without delay. If it lasts longer than three months, either party may terminate the agreement with 14 days' notice.
"""),
		("Force majeure", """
En part hæfter ikke for det, som den hverken kunne forudse eller undgå, herunder krig, pandemi, myndighedsindgreb, brand, oversvømmelse, cyberangreb og mangel på energi eller transport, så længe det varer.
Den underretter den anden part uden ophold. Varer det længere end tre måneder, kan hver part opsige aftalen med 14 dages varsel.
"""),
		CONTRACT_MANAGER,
	),
	_clause(
		"Term and Renewal", "Term and Termination", MUST,
		("Term", """
The agreement takes effect on {{ start_date }}{% if initial_months %} and runs for {{ initial_months }} months{% endif %}{% if first_end_date %} and runs until {{ first_end_date }}{% endif %}{% if renewal_months %}. It is extended by {{ renewal_months }} months at a time unless notice is given{% endif %}.
{% if notice_period %}Notice is given in writing, {{ notice_period }} before the end of the period.
{% endif %}
"""),
		("Varighed", """
Aftalen træder i kraft den {{ start_date }}{% if initial_months %} og løber i {{ initial_months }} måneder{% endif %}{% if first_end_date %} og løber til den {{ first_end_date }}{% endif %}{% if renewal_months %}. Den forlænges med {{ renewal_months }} måneder ad gangen, medmindre den opsiges{% endif %}.
{% if notice_period %}Opsigelse sker skriftligt med et varsel på {{ notice_period }} før periodens udløb.
{% endif %}
"""),
		CONTRACT_MANAGER,
	),
	_clause(
		"Termination", "Term and Termination", MUST,
		("Termination for cause", """
Either party may terminate the agreement at once if the other commits a material breach and does not remedy it within 30 days of written notice, or becomes insolvent as far as the law allows.
If payments are overdue for more than 30 days in spite of a reminder, that is a material breach.
"""),
		("Ophævelse", """
Hver part kan ophæve aftalen straks, hvis den anden misligholder den væsentligt og ikke afhjælper det inden 30 dage efter skriftligt påkrav, eller bliver insolvent, i det omfang loven tillader det.
Betalinger, som trods rykker er forfaldne i mere end 30 dage, er væsentlig misligholdelse.
"""),
		FINANCE_DIRECTOR,
	),
	_clause(
		"Exit", "Term and Termination", CAN,
		("Exit", """
When the agreement ends, the Supplier helps with an orderly handover for up to three months, at its usual rates.
{% if exit_plan %}{{ exit_plan }}
{% endif %}
"""),
		("Ophør", """
Når aftalen ophører, medvirker Leverandøren til en ordnet overdragelse i op til tre måneder til sine sædvanlige priser.
{% if exit_plan %}{{ exit_plan }}
{% endif %}
"""),
	),
	_clause(
		"Changes", "Governance", SHOULD,
		("Changes", """
Changes of this agreement are made in writing and signed by both parties. Neither party may assign it without the other's consent; the Supplier may assign its claims.
"""),
		("Ændringer", """
Ændringer af denne aftale sker skriftligt og underskrives af begge parter. Ingen af parterne kan overdrage den uden den andens samtykke; Leverandøren kan overdrage sine fordringer.
"""),
		CONTRACT_MANAGER,
	),
	_clause(
		"Law and Disputes", "Law and Disputes", MUST,
		("Governing law and disputes", """
The agreement is governed by the law of {{ governing_law }}, without its rules on conflict of laws and without the CISG.
{% if dispute_ladder %}Disputes are settled by: {{ dispute_ladder | lower }}.
{% endif %}
{% if venue %}The venue is {{ venue }}.
{% else %}The venue is the Supplier's seat.
{% endif %}
"""),
		("Lovvalg og tvister", """
Aftalen er underlagt loven i {{ governing_law }}, dog ikke dens lovvalgsregler og CISG.
{% if dispute_ladder %}Tvister løses ved: {{ dispute_ladder | lower }}.
{% endif %}
{% if venue %}Værneting er {{ venue }}.
{% else %}Værneting er Leverandørens hjemsted.
{% endif %}
"""),
		FINANCE_DIRECTOR,
		"",
		(
			(CONTRACT_MANAGER, """
The agreement is governed by the law of {{ governing_law }}, without its rules on conflict of laws.
Disputes that the parties have not settled within 30 days are decided by arbitration at a neutral place, under the rules of the local chamber of commerce.
""", """
Aftalen er underlagt loven i {{ governing_law }}, dog ikke dens lovvalgsregler.
Tvister, som parterne ikke har løst inden 30 dage, afgøres ved voldgift et neutralt sted efter det lokale handelskammers regler.
"""),
		),
	),
)  # fmt: skip

QUESTION_SCOPE = {
	"question": "What does the customer buy from us?",
	"variable": "scope_of_supply",
	"kind": "Text",
	"is_required": 1,
}
QUESTION_NOTICE = {
	"question": "How many days before a price adjustment do we tell the customer?",
	"variable": "adjustment_notice",
	"kind": "Number",
	"is_required": 1,
	"default_answer": "60",
}
QUESTION_VALUE = {"question": "What is it worth in a year?", "target_field": "annual_value", "is_required": 1}
QUESTION_TOTAL = {"question": "What is the total price?", "target_field": "total_value", "is_required": 1}
QUESTION_TERMS = {
	"question": "When does the customer pay?",
	"target_field": "payment_terms_template",
	"is_required": 1,
}
QUESTION_CAP = {
	"question": "Up to how much of the annual value are we liable (%)?",
	"target_field": "liability_cap_percent",
	"is_required": 1,
	"default_answer": "100",
}
QUESTION_CAP_AMOUNT = {
	"question": "Up to which amount are we liable?",
	"target_field": "liability_cap_amount",
	"is_required": 1,
}
QUESTION_WARRANTY = {
	"question": "For how many months do we remedy defects?",
	"target_field": "warranty_months",
	"is_required": 1,
	"default_answer": "12",
}
QUESTION_INCOTERM = {"question": "By which incoterm do we deliver?", "target_field": "incoterm"}
QUESTION_PLACE = {"question": "At which place?", "target_field": "named_place"}
QUESTION_MONTHS = {"question": "How long is the first period (months)?", "target_field": "initial_months"}
QUESTION_LAW = {"question": "Which country's law applies?", "target_field": "governing_law", "is_required": 1}
QUESTION_DISPUTES = {
	"question": "How are disputes settled?",
	"target_field": "dispute_ladder",
	"default_answer": "Negotiation, then Court",
}
QUESTION_CONFIDENTIALITY = {
	"question": "For how many years after the end is everything kept secret?",
	"target_field": "confidentiality_years",
	"is_required": 1,
	"default_answer": "3",
}
QUESTION_DATA = {
	"question": "Do we process personal data for the customer?",
	"target_field": "data_processing_agreement",
	"is_required": 1,
	"default_answer": "Not Needed",
}


def _rows(names: str, optional: str = "") -> list[dict]:
	"""The clauses of a template in their order, those that may be left out among them."""
	may_go = {name.strip() for name in optional.split(",")}
	return [{"clause": name.strip(), "is_optional": int(name.strip() in may_go)} for name in names.split(",")]


TEMPLATES = (
	{
		"template_name": "Standard Frame Agreement",
		"contract_type": "Frame Agreement",
		"description": "Everything that a customer orders over some years, on our terms.",
		"clauses": _rows(
			"Parties, Scope, Prices, Price Adjustment, Payment, Late Interest, Delivery, Retention of Title, Warranty, Limitation of Liability,"
			" Insurance, Confidentiality, Data Processing, Subcontractors, Audit, Force Majeure, Term and Renewal, Termination, Changes,"
			" Law and Disputes",
			"Insurance, Audit, Subcontractors",
		),
		"questions": [
			*(QUESTION_SCOPE, QUESTION_VALUE, QUESTION_MONTHS, QUESTION_TERMS, QUESTION_NOTICE, QUESTION_CAP),
			*(QUESTION_WARRANTY, QUESTION_INCOTERM, QUESTION_PLACE, QUESTION_CONFIDENTIALITY),
			*(QUESTION_LAW, QUESTION_DISPUTES),
		],
	},
	{
		"template_name": "Standard Service Agreement",
		"contract_type": "Service Agreement",
		"description": "Services with levels that are measured.",
		"clauses": _rows(
			"Parties, Scope, Service Levels, Prices, Price Adjustment, Payment, Late Interest, Limitation of Liability, Insurance,"
			" Confidentiality, Data Processing, Subcontractors, Audit, Force Majeure, Term and Renewal, Termination, Exit, Changes,"
			" Law and Disputes",
			"Insurance, Audit, Subcontractors, Exit",
		),
		"questions": [
			*(QUESTION_SCOPE, QUESTION_VALUE, QUESTION_MONTHS, QUESTION_TERMS, QUESTION_NOTICE, QUESTION_CAP),
			*(QUESTION_DATA, QUESTION_CONFIDENTIALITY, QUESTION_LAW, QUESTION_DISPUTES),
		],
	},
	{
		"template_name": "Standard Project Contract",
		"contract_type": "Project Contract",
		"description": "One delivery with milestones and an end.",
		"clauses": _rows(
			"Parties, Scope, Prices, Payment, Late Interest, Delivery, Retention of Title, Warranty, Limitation of Liability, Insurance,"
			" Confidentiality, Data Processing, Subcontractors, Force Majeure, Term and Renewal, Termination, Changes, Law and Disputes",
			"Insurance, Subcontractors",
		),
		"questions": [
			*(QUESTION_SCOPE, QUESTION_TOTAL, QUESTION_MONTHS, QUESTION_TERMS, QUESTION_CAP_AMOUNT),
			*(QUESTION_WARRANTY, {**QUESTION_INCOTERM, "is_required": 1}, QUESTION_PLACE),
			*(QUESTION_CONFIDENTIALITY, QUESTION_LAW, QUESTION_DISPUTES),
		],
	},
	{
		"template_name": "Standard Confidentiality Agreement",
		"contract_type": "Confidentiality Agreement",
		"description": "What both parties keep to themselves before there is a contract.",
		"clauses": _rows("Parties, Purpose, Confidentiality, Term and Renewal, Changes, Law and Disputes"),
		"questions": [
			{
				**QUESTION_SCOPE,
				"question": "What do the parties talk about?",
			},
			*(QUESTION_MONTHS, QUESTION_CONFIDENTIALITY, QUESTION_LAW),
		],
	},
)


def questions() -> list[str]:
	"""The questions of the templates, which are asked in the reader's language."""
	return sorted({row["question"] for template in TEMPLATES for row in template["questions"]})
