"""What the demo company looks like: people, goods, 48 customers, their orders, disputes and payment plans, as data.

Every name is invented; the Danish CVR numbers fail the register's check digit, so that none can be a real firm's.
Amounts are gross, in DKK. Days are counted from the day on which the demo is made: what is open falls due in so many
days (negative: it is overdue), and everything comes out the same whenever that is.
"""

from dataclasses import dataclass, field

from b2b_contracts.standard_terms import SECURITY_DEMANDS as STANDARD_DEMANDS

COMPANY = "Nordlys Handel A/S"
ABBR = "NH"
COUNTRY = "Denmark"
CURRENCY = "DKK"
TAX_ID = "DK30517403"
STREET, POSTCODE, CITY = "Lygtevej 12", "8000", "Aarhus C"
MAIL_SENDER = "accounts@nordlys.example.com"
BANK = "Nordkap Erhvervsbank"
# The example of the register of IBANs, and a creditor number that nobody would mistake for one.
IBAN, BANK_ACCOUNT, FIK_CREDITOR = "DK5000400440116243", "0440116243", "12345678"
PRICE_LIST = "Nordlys Wholesale"
HOLIDAY_LIST = "Denmark, Nordlys Handel"
WAREHOUSES = ("Aarhus Warehouse", "Taastrup Warehouse")
VAT_PERCENT = 25
# No number of these countries begins like these.
PHONES = {"Denmark": "+45 00 00", "Norway": "+47 00 00", "Sweden": "+46 00 00"}
# Longer than any segment allows; the other terms come with the app: (name, days)
EXTRA_TERMS = ("Net 60", 60)

# Payment terms and their days by segment; the last for customers without a profile
TERMS = {
	"A": ("Net 45", 45),
	"B": ("Net 30", 30),
	"C": ("Net 14", 14),
	"D": ("Prepayment", 0),
	"": ("Net 14", 14),
}


# ------------------------------------------------------------------ people
@dataclass(frozen=True, slots=True)
class Person:
	"""Somebody who works at the demo company; `does` is what the summary calls them."""

	key: str
	first_name: str
	last_name: str
	login: str
	does: str
	roles: tuple[str, ...]

	@property
	def email(self) -> str:
		return f"{self.login}@nordlys.example.com"


PEOPLE = (
	Person("sofie", "Sofie", "Madsen", "sofie.seller", "Seller", ("Sales User", "Account Manager")),
	Person("anders", "Anders", "Holm", "anders.seller", "Seller", ("Sales User", "Account Manager")),
	Person("mette", "Mette", "Bruun", "mette.salesmanager", "Sales manager", ("Sales User", "Sales Manager")),
	Person(
		"karen",
		"Karen",
		"Dahl",
		"karen.controller",
		"Credit controller",
		("Credit Controller", "Accounts User"),
	),
	Person(
		"lars", "Lars", "Winther", "lars.creditmanager", "Credit manager", ("Credit Manager", "Accounts User")
	),
	Person(
		"birgit",
		"Birgit",
		"Skov",
		"birgit.finance",
		"Finance director",
		("Finance Director", "Accounts Manager"),
	),
	Person("henrik", "Henrik", "Lund", "henrik.cfo", "CFO", ("CFO", "Accounts Manager")),
	# The role Board alone opens no desk: a board member who reads along needs one that does.
	Person("ellen", "Ellen", "Toft", "ellen.board", "Board member", ("Board", "Credit Auditor")),
	Person("peter", "Peter", "Krogh", "peter.collector", "Collector", ("Collector", "Accounts User")),
	Person("inge", "Inge", "Friis", "inge.auditor", "Auditor", ("Credit Auditor",)),
	Person("jens", "Jens", "Ager", "jens.accounts", "Accounts", ("Accounts User",)),
	# A Stock User may not read addresses, which every delivery note prints: he takes goods in as well.
	Person("thomas", "Thomas", "Bech", "thomas.stock", "Warehouse", ("Stock User", "Purchase User")),
	Person("camilla", "Camilla", "Riis", "camilla.contracts", "Contract manager", ("Contract Manager",)),
	Person("nina", "Nina", "Vang", "nina.compliance", "Compliance officer", ("Compliance Officer",)),
	Person("freja", "Freja", "Dahl", "freja.contracts", "Contract manager", ("Contract Manager",)),
)
PERSON = {person.key: person for person in PEOPLE}

# Who stands in the sales tree, under whom
SALES_TREE = (("mette", None), ("sofie", "mette"), ("anders", "mette"))


# ------------------------------------------------------------------ goods
@dataclass(frozen=True, slots=True)
class Article:
	"""Something that is sold; `price` net, per piece (or hour). Services are not kept in stock."""

	code: str
	name: str
	group: str
	price: int
	is_stock: bool = True


ARTICLES = (
	Article("NL-1010", "LED panel 60 × 60 cm, 36 W", "Lighting", 420),
	Article("NL-1020", "LED high-bay lamp 150 W", "Lighting", 1450),
	Article("NL-1030", "Emergency exit light", "Lighting", 680),
	Article("NL-1040", "Floodlight 100 W, outdoor", "Lighting", 1150),
	Article("NL-2010", "Cable drum 50 m, rubber", "Electrical", 890),
	Article("NL-2020", "Distribution board, 12 ways", "Electrical", 2350),
	Article("NL-2030", "Lamp post 6 m, galvanised", "Electrical", 5200),
	Article("NL-9010", "Installation on site, per hour", "Services", 650, is_stock=False),
)
# What small rests of an amount are made up with
SMALL_ARTICLE = ARTICLES[0]
STOCK_QTY = 50_000
COST_SHARE = 0.6


# ------------------------------------------------------------------ customers
@dataclass(frozen=True, slots=True)
class Customer:
	"""A customer, how they buy and pay, what is open, and how they are assessed.

	`ticket` is an ordinary invoice, one every `every` days, paid `lags` days after it is due (in turn). `open_items`
	are (amount, falls due in days). `profile` has values of the Credit Profile beside segment and terms; no segment
	means no profile.
	"""

	key: str
	name: str
	tax_id: str
	city: str
	contact: tuple[str, str]
	segment: str
	seller: str
	ticket: int
	every: int = 45
	lags: tuple[int, ...] = (0, -4, 2)
	open_items: tuple[tuple[int, int], ...] = ()
	profile: dict = field(default_factory=dict)
	country: str = COUNTRY
	native_limit: int = 0
	# English, so that whoever looks at the demo reads what is sent; some letters are Danish.
	language: str = "en"

	@property
	def terms(self) -> tuple[str, int]:
		return TERMS[self.segment]


EARLY, PROMPT, LATE, VERY_LATE = (-12, -8, -10), (0, -3, 1), (4, 9, 6), (18, 11, 26)
# On time while the season lasts.
SEASONAL = (16, 17, 0)


def _rated(rating: str, revenue: int = 0, **values) -> dict:
	expected = {"expected_annual_revenue": revenue} if revenue else {}
	return {"external_rating": rating, "rating_at_review": rating, **expected, **values}


# What the customers live on: industries by their keys; the others are traders.
INDUSTRIES = {
	"Construction": (
		*("fjordlund", "brohoved", "midtvang", "norrskog", "vesterlund", "kirkeby", "groendal", "tvaerby"),
		*("nybaek", "kragekaer", "ellekaer", "lundkrat", "bakkegaard"),
	),
	"Electrical installation": (
		*(
			"kvistholt",
			"elmelund",
			"fjeldstroem",
			"vestkaer",
			"vestkaer_lys",
			"agerskov",
			"egekrog",
			"bredlund",
		),
		*("oernebjerg", "fjordkoel", "hedelund", "raevehoej"),
	),
	"Hotels and events": (
		*(
			"kystlyng",
			"lyngfest",
			"klitvang",
			"hoejmark",
			"havnefront",
			"solgaard",
			"gammelhavn",
			"oestervig",
		),
	),
	"Energy and utilities": ("sundmark", "ravsund"),
	"Transport": ("nordmole", "havtorn_log", "kviksand", "sortsund", "tranesoe"),
	"Property": ("strandpark", "havtorn_ejd"),
}
OTHER_INDUSTRY = "Trade and crafts"


def industry_of(key: str) -> str:
	"""Return the industry of a customer."""
	return next((name for name, keys in INDUSTRIES.items() if key in keys), OTHER_INDUSTRY)


CUSTOMERS = (
	# Segment A: up to 100 % of three months' revenue, Net 45
	Customer(
		"fjordlund", "Fjordlund & Krag Entreprise A/S", "DK31204418", "Aarhus", ("Rikke", "Krag"), "A", "sofie",
		ticket=310_000, every=30, lags=EARLY, open_items=((620_000, 20), (480_000, 34)), profile=_rated("AAA", 9_600_000),
	),
	Customer(
		"nordmole", "Nordmole Havneservice A/S", "DK32915508", "Esbjerg", ("Bo", "Thygesen"), "A", "anders",
		ticket=160_000, every=30, lags=PROMPT, open_items=((900_000, 12), (350_000, 25)), profile=_rated("AA", 4_800_000),
	),
	Customer(
		"kystlyng", "Kystlyng Hoteller A/S", "DK33880261", "Svendborg", ("Pia", "Lauge"), "A", "sofie",
		ticket=110_000, every=30, lags=LATE, open_items=((180_000, -19), (140_000, 10)), profile=_rated("AA", 3_200_000),
	),
	Customer(
		"havtorn", "Havtornen Detail A/S", "DK34471190", "Odense", ("Nanna", "Havtorn"), "A", "anders",
		ticket=90_000, every=30, lags=PROMPT, open_items=((380_000, 20), (12_500, -8)), profile=_rated("AA", 2_400_000),
	),
	Customer(
		"sundmark", "Sundmark Forsyning a.m.b.a.", "DK35602843", "Roskilde", ("Hans", "Mølgaard"), "A", "sofie",
		ticket=420_000, every=30, lags=EARLY, open_items=((1_900_000, 30),),
		profile=_rated("AAA", 14_000_000, limit_type="Unlimited"),
	),
	Customer(
		"lyngfest", "Lyngfest Event A/S", "DK36118726", "København Ø", ("Signe", "Lyng"), "A", "anders",
		ticket=70_000, every=30, lags=PROMPT, open_items=((520_000, 25),), profile=_rated("AA", 1_920_000),
	),
	Customer(
		"brohoved", "Brohoved Anlæg A/S", "DK37240936", "Fredericia", ("Morten", "Brohus"), "A", "sofie",
		ticket=210_000, every=30, lags=PROMPT, open_items=((300_000, 18),), profile=_rated("AAA", 6_400_000),
	),
	Customer(
		"kvistholt", "Kvistholt Elektro A/S", "DK38056614", "Vejle", ("Dorte", "Kvist"), "A", "anders",
		ticket=120_000, every=30, lags=PROMPT, open_items=((780_000, 15),), profile=_rated("AA", 3_200_000),
	),
	# Segment B: half of two months' revenue, Net 30
	Customer(
		"skovbryn", "Skovbrynets Møbelfabrik A/S", "DK25334871", "Silkeborg", ("Lone", "Bryn"), "B", "sofie",
		ticket=60_000, lags=LATE, open_items=((96_000, -21), (110_000, 9)), profile=_rated("A", 4_800_000),
	),
	Customer(
		"fjordkoel", "Vestfjordens Køleteknik A/S", "DK26417752", "Aalborg", ("Ole", "Vestfjord"), "B", "anders",
		ticket=60_000, lags=PROMPT, open_items=((290_000, 6), (60_000, 18)), profile=_rated("A", 4_800_000),
	),
	Customer(
		"bakkegaard", "Bakkekammens Byggemarked A/S", "DK27529043", "Horsens", ("Tina", "Kammer"), "B", "sofie",
		ticket=50_000, lags=PROMPT, open_items=((240_000, 11),), profile=_rated("A", 3_840_000),
	),
	Customer(
		"hedelund", "Hedelyng Ventilation ApS", "DK28613320", "Herning", ("Kurt", "Hede"), "B", "anders",
		ticket=40_000, lags=VERY_LATE, open_items=((120_000, -3), (150_000, 16)), profile=_rated("B", 2_880_000),
	),
	Customer(
		"strandpark", "Strandvængets Ejendomsservice A/S", "DK29770164", "Køge", ("Jan", "Strand"), "B", "sofie",
		ticket=40_000, lags=LATE, open_items=((260_000, 14),), profile=_rated("B", 2_880_000),
	),
	Customer(
		"klitvang", "Klitvang Camping og Fritid A/S", "DK21408835", "Blåvand", ("Ulla", "Klit"), "B", "anders",
		ticket=50_000, lags=SEASONAL, open_items=((300_000, 12),), profile=_rated("A", 3_840_000),
	),
	Customer(
		"midtvang", "Midtvang Skolebyg I/S", "DK22590147", "Viborg", ("Grethe", "Vang"), "B", "sofie",
		ticket=40_000, lags=PROMPT, open_items=((80_000, 10),), profile=_rated("AA", 4_800_000, require_po="Yes"),
	),
	Customer(
		"ravsund", "Ravsund Vindservice A/S", "DK23671902", "Hvide Sande", ("Finn", "Ravn"), "B", "anders",
		ticket=50_000, lags=PROMPT, open_items=((90_000, 15),),
		profile=_rated("AN", 4_800_000, security_required_percent=50),
	),
	Customer(
		"elmelund", "Elmebjerg Automatik A/S", "DK24853378", "Sønderborg", ("Vibeke", "Elm"), "B", "sofie",
		ticket=70_000, lags=PROMPT, open_items=((440_000, 14),),
		profile=_rated(
			"A", 4_800_000, manual_limit=500_000, limit_reason="Credit insurance allows half a million at most."
		),
	),
	Customer(
		"norrskog", "Norrljus Byggvaror AB", "SE556091477301", "Malmö", ("Karin", "Ekdal"), "B", "anders",
		ticket=50_000, lags=EARLY, open_items=((250_000, 20),), profile=_rated("A", 3_600_000), country="Sweden",
	),
	Customer(
		"aagaard", "Åkærets Maskinstation ApS", "DK20936483", "Ringkøbing", ("Svend", "Åkær"), "B", "sofie",
		ticket=30_000, lags=VERY_LATE, open_items=((70_000, 8),),
		profile=_rated("B", 2_880_000) | {"rating_at_review": "AA"},
	),
	Customer(
		"havtorn_log", "Havtornen Logistik A/S", "DK34471204", "Odense", ("Emil", "Havtorn"), "B", "anders",
		ticket=60_000, lags=PROMPT, open_items=((260_000, 8),), profile=_rated("A", 4_800_000),
	),
	Customer(
		"vesterlund", "Vesterkrat Entreprenører A/S", "DK19482256", "Holstebro", ("Allan", "Krat"), "B", "sofie",
		ticket=50_000, lags=LATE, open_items=((150_000, 13),), profile=_rated("A", 3_840_000),
	),
	Customer(
		"fjeldstroem", "Fjellstrøm Elektro AS", "NO918340277MVA", "Bergen", ("Ingrid", "Fjell"), "B", "anders",
		ticket=40_000, lags=PROMPT, open_items=((240_000, 17),), profile=_rated("AA", 3_600_000),
		country="Norway",
	),
	# Segment C: 100,000 for everybody, Net 14
	Customer(
		"havtorn_ejd", "Havtornen Ejendomme ApS", "DK34471212", "Odense", ("Liv", "Havtorn"), "C", "anders",
		ticket=14_000, every=60, lags=PROMPT, open_items=((50_000, 5), (8_400, -9)), profile=_rated("A"),
	),
	Customer(
		"moellebakke", "Møllekrogens Autoværksted ApS", "DK18223091", "Næstved", ("Per", "Krog"), "C", "sofie",
		ticket=18_000, every=60, lags=VERY_LATE, open_items=((85_000, 3), (45_000, -6)), profile=_rated("B"),
	),
	Customer(
		"soendervang", "Søndervænget Skadeservice ApS", "DK17350864", "Kolding", ("Ida", "Vænge"), "C", "anders",
		ticket=15_000, every=60, lags=LATE, open_items=((26_000, 7),), profile=_rated("A"),
	),
	Customer(
		"groendal", "Grønkildens Gulve ApS", "DK16481237", "Holbæk", ("Kaj", "Kilde"), "C", "sofie",
		ticket=9_000, every=90, lags=VERY_LATE, profile=_rated("B", limit_type="No Credit"),
	),
	Customer(
		"vestkaer", "Vestkær El ApS", "DK15592040", "Struer", ("Jonas", "Vestkær"), "C", "anders",
		ticket=12_000, every=60, lags=PROMPT, open_items=((18_000, 6),), profile=_rated("A"),
	),
	Customer(
		"vestkaer_lys", "Vestkær El & Belysning ApS", "DK15592040", "Struer", ("Jonas", "Vestkær"), "C", "sofie",
		ticket=10_000, every=90, lags=PROMPT, open_items=((14_000, 4),), profile=_rated("A"),
	),
	Customer(
		"kirkeby", "Kirkelyng Tagteknik ApS", "DK14603815", "Ribe", ("Asger", "Tagholm"), "C", "anders",
		ticket=16_000, every=60, lags=LATE, open_items=((40_000, -25),), profile=_rated("A"),
	),
	Customer(
		"hoejmark", "Højlyng Catering ApS", "DK13714602", "Hillerød", ("Birthe", "Højlyng"), "C", "sofie",
		ticket=13_000, every=60, lags=PROMPT, open_items=((22_000, 8),), profile=_rated("A"),
	),
	Customer(
		"lillesoe", "Lillesøens Køkken ApS", "DK12825571", "Skanderborg", ("Anni", "Søholt"), "C", "anders",
		ticket=17_000, every=60, lags=LATE, open_items=((78_000, 2),), profile=_rated("A"),
	),
	Customer(
		"pilegaard", "Pilekrattets Planteskole ApS", "DK11936447", "Slagelse", ("Karl", "Pilekrat"), "C", "sofie",
		ticket=11_000, every=90, lags=VERY_LATE, open_items=((70_000, 6),), profile=_rated("C", risk_class="C"),
	),
	Customer(
		"stenbro", "Stenkløvets Smede- og Maskinværksted ApS", "DK10447328", "Randers", ("Egon", "Kløve"), "C",
		"anders", ticket=15_000, every=60, lags=PROMPT, open_items=((66_000, 9),), profile=_rated("A"),
	),
	# Segment D: the order is paid first
	Customer(
		"havnefront", "Havnefrontens Pop-up Barer ApS", "DK40158293", "København SV", ("Mille", "Kaj"), "D", "sofie",
		ticket=12_000, every=90, profile=_rated("AN"),
	),
	Customer(
		"solgaard", "Solkrogens Festival ApS", "DK41269174", "Skive", ("Bjarke", "Solkrog"), "D", "anders",
		ticket=15_000, every=90, profile=_rated("C"),
	),
	Customer(
		"oernebjerg", "Ørneklippens Lysdesign ApS", "DK42370069", "Rønne", ("Vera", "Klippe"), "D", "sofie",
		ticket=14_000, every=90, profile=_rated("B", level=2),
	),
	Customer(
		"gammelhavn", "Gammelbolværkets Teaterproduktion A/S", "DK43481950", "Helsingør", ("Otto", "Bolværk"), "D",
		"anders", ticket=16_000, every=90, lags=VERY_LATE, open_items=((30_000, -40),),
		profile=_rated("C") | {"external_rating": "Insolvent"},
	),
	# Nobody has assessed these yet
	Customer(
		"tvaerby", "Tværkærets Entreprise ApS", "DK44592844", "Hobro", ("Niels", "Tværkær"), "", "sofie",
		ticket=20_000, every=90, lags=PROMPT, open_items=((32_000, 7),), native_limit=150_000,
	),
	Customer(
		"nybaek", "Nylyngens Montage ApS", "DK45603731", "Thisted", ("Stine", "Nylyng"), "", "anders",
		ticket=12_000, every=90, lags=LATE,
		# The small ones are with an agency, each with another end.
		open_items=((21_000, 4), (8_400, -60), (5_250, -62), (3_990, -64)), native_limit=80_000,
	),
	Customer(
		"oestervig", "Østerklintens Eventudlejning ApS", "DK46714629", "Grenaa", ("Mads", "Klint"), "", "sofie",
		ticket=10_000, every=90, lags=PROMPT,
	),
	# On the negative list
	Customer(
		"kviksand", "Kviksand Autoudlejning ApS", "DK43150276", "Brønderslev", ("Preben", "Kvik"), "C", "anders",
		ticket=9_000, every=90, lags=LATE, profile=_rated("B"),
	),
	# On the made-up sanctions list
	Customer(
		"sortsund", "Sortsundets Skibsproviant ApS", "DK44260027", "Esbjerg", ("Villy", "Sortsund"), "C", "anders",
		ticket=9_000, every=90, lags=PROMPT, profile=_rated("B"),
	),
	# Disputes, payment plans and stopped deliveries
	Customer(
		"agerskov", "Agerkildens Elinstallation A/S", "DK38724106", "Aabenraa", ("Jette", "Ager"), "B", "anders",
		ticket=50_000, lags=PROMPT, open_items=((150_000, 5),), profile=_rated("A", 4_800_000),
	),
	Customer(
		"egekrog", "Egekrogens Belysning A/S", "DK39835217", "Middelfart", ("Søren", "Egekrog"), "B", "sofie",
		ticket=60_000, lags=PROMPT, open_items=((180_000, 12), (36_000, -4)), profile=_rated("A", 4_800_000),
	),
	Customer(
		"lundkrat", "Lundkrattets VVS A/S", "DK47825730", "Nyborg", ("Bodil", "Krat"), "B", "anders",
		ticket=40_000, lags=LATE, open_items=((120_000, -25),), profile=_rated("A", 3_840_000),
	),
	Customer(
		"bredlund", "Bredlundens Automatik ApS", "DK48936841", "Ikast", ("Frank", "Bredlund"), "B", "sofie",
		ticket=40_000, lags=LATE, open_items=((100_000, -28),), profile=_rated("A", 3_840_000),
	),
	Customer(
		"kragekaer", "Kragekærets Malerfirma ApS", "DK49150753", "Svenstrup", ("Lis", "Krage"), "B", "anders",
		ticket=40_000, lags=VERY_LATE, open_items=((96_000, -62),), profile=_rated("B", 2_880_000), language="da",
	),
	Customer(
		"raevehoej", "Rævehøjens Kølemontage ApS", "DK30261865", "Skagen", ("Torben", "Rævehøj"), "C", "sofie",
		ticket=12_000, every=60, lags=VERY_LATE, open_items=((30_000, -17),), profile=_rated("B", risk_class="C"),
	),
	Customer(
		"tranesoe", "Tranesøens Transport A/S", "DK31472977", "Rudkøbing", ("Gerda", "Trane"), "B", "anders",
		ticket=40_000, lags=VERY_LATE, open_items=((45_000, -40),), profile=_rated("C", 2_880_000), language="da",
	),
	Customer(
		"birkemose", "Birkemosens Inventar A/S", "DK32583081", "Skanderborg", ("Inge", "Birk"), "B", "sofie",
		ticket=30_000, lags=LATE, open_items=((55_000, -65),), profile=_rated("B", 2_880_000),
	),
	Customer(
		"ellekaer", "Ellekærets Tømrerfirma ApS", "DK33694195", "Grenaa", ("Knud", "Elle"), "B", "anders",
		ticket=30_000, lags=LATE, open_items=((48_000, -75),), profile=_rated("B", 2_880_000),
	),
)  # fmt: skip

# ------------------------------------------------------------------ what happened beside plain invoices
# (customer, which of its open items, pieces sent back): goods that came back
CREDIT_NOTES = (("bakkegaard", 0, 15), ("hoejmark", 0, 2))
# (customer, amount, days ago): money that nobody has said what it is for
UNALLOCATED_PAYMENTS = (("kirkeby", 40_500, 5), ("vestkaer", 3_000, 9))
# (customer, amount, days ago, text)
JOURNALS = (("hoejmark", 4_200, 6, "Freight charged on, delivery to Hillerød"),)
# (customer, which of its open items, amount, days ago): the first part of an invoice
PART_PAYMENTS = (
	("elmelund", 0, 20_000, 6),
	("lundkrat", 0, 30_000, 10),
	("bredlund", 0, 10_000, 8),
	("kragekaer", 0, 6_000, 60),
	("ellekaer", 0, 3_000, 70),
)
# Orders from before the policy: (customer, amount, days ago, share delivered, is billed)
OLD_ORDERS = (
	("fjordlund", 180_000, 130, 1, True),
	("klitvang", 44_000, 95, 1, True),
	("tvaerby", 36_000, 12, 0, False),
	("vestkaer", 16_000, 20, 0.5, False),
	("raevehoej", 25_000, 21, 0, False),
	("tranesoe", 30_000, 18, 0, False),
)


@dataclass(frozen=True, slots=True)
class MilestoneOrder:
	"""An order that is paid by milestones: (title, share in per cent, whether it is paid before delivery, and how many
	days ago it was accepted, invoiced and paid, None where it was not)."""

	customer: str
	amount: int
	ago: int
	promised_in: int
	days_to_pay: int
	rows: tuple[tuple, ...]


MILESTONES = MilestoneOrder(
	"sundmark", 238_000, 28, 70, 14,
	(
		("Lighting design", 20, 1, 27, 26, 12),
		("Drawings approved", 20, 1, 21, 20, None),
		("Sample mounted", 20, 0, 4, 3, None),
		("Delivery", 30, 0, 1, None, None),
		("Commissioning", 10, 0, None, None, None),
	),
)  # fmt: skip

GROUP = ("Havtornen koncern", 900_000, ("havtorn", "havtorn_log", "havtorn_ejd"))


OWN_EQUITY = 40_000_000
# What a year of trade would ask for is off: which orders it concerns would change with the days of the demo.
SECURITY_DEMANDS = tuple(
	{**row, "percent": 0 if row["what"] in ("Annual Spend", "Default") else row["percent"]}
	for row in STANDARD_DEMANDS
)


@dataclass(frozen=True, slots=True)
class Security:
	"""A security instrument; `document` is the text of its file, empty while it has not come.

	`steps` are (function of credit.securities, who, …) that follow, as (("claim", "karen", 100, "Not paid"),).
	`expires_in` is in days. `is_buyer_limit`: of the insurance policy below. `replaces`: the one before it in the list.
	"""

	customer: str
	instrument_type: str
	amount: int
	issuer: str
	document: str
	values: dict = field(default_factory=dict)
	steps: tuple[tuple, ...] = ()
	expires_in: int = 420
	is_buyer_limit: bool = False
	replaces: bool = False


# An item of Skovbrynets Møbelfabrik is three weeks overdue: it must be reported within days. One of Birkemosens Inventar is
# past the maximum extension: it is covered no more, deliveries stop, and it is to go to collection.
INSURANCE = {
	"insurer": "Nordisk Kreditværn",
	"issuer_rating": "A",
	"policy_number": "NK-4471",
	"status": "In Force",
	"cover_percent": 90,
	"deductible": 10_000,
	"discretionary_limit": 75_000,
	"maximum_extension_days": 60,
	"reporting_days": 25,
	"hand_over_days": 30,
	"declares_turnover": "Quarterly",
}

ON_DEMAND = {"unconditional": 1, "on_demand": 1, "claim_period_days": 30}

SECURITIES = (
	Security(
		"brohoved", "Bank Guarantee", 400_000, "Bælthavsbanken", "We pay on first written demand.",
		{"issuer_rating": "AA-", **ON_DEMAND},
	),
	Security(
		"norrskog", "Stand-by Letter of Credit", 300_000, "Skånska Handelskreditbanken",
		"Irrevocable stand-by letter of credit, payable at sight.", {"issuer_rating": "A+", **ON_DEMAND},
	),
	Security(
		"elmelund", "Credit Insurance", 200_000, "Nordisk Kreditværn", "Buyer limit 200,000; cover 90 %; first loss 10,000.",
		is_buyer_limit=True,
	),
	Security(
		"skovbryn", "Credit Insurance", 60_000, "Nordisk Kreditværn", "Set by ourselves within the discretionary limit of the policy.",
		{"limit_basis": "Discretionary"}, is_buyer_limit=True,
	),
	Security(
		"birkemose", "Credit Insurance", 80_000, "Nordisk Kreditværn", "Buyer limit 80,000; cover 90 %; first loss 10,000.",
		is_buyer_limit=True,
	),
	Security(
		"lyngfest", "Parent Guarantee", 200_000, "Lyngfest Holding A/S", "The parent company answers for its subsidiary.",
	),
	Security(
		"vesterlund", "Retention of Title", 150_000, "Vesterkrat Entreprenører A/S", "The goods stay ours until they are paid.",
	),
	Security(
		"sundmark", "Factoring", 500_000, "Bælthavets Factoring", "Receivables sold without recourse up to 500,000.",
		{"recourse": "Without recourse"},
	),
	Security("hoejmark", "Cash Deposit", 15_000, "Højlyng Catering ApS", "Deposit of 15,000 on our account."),
	Security(
		"kystlyng", "Bank Guarantee", 150_000, "Fynske Handelsbank", "We pay on first written demand, until the end of the season.",
		{"issuer_rating": "A", "unconditional": 1, "on_demand": 1}, expires_in=25,
	),
	Security(
		"fjordlund", "Performance Guarantee", 250_000, "Nordkap Erhvervsbank", "Performance guarantee for the buyer.",
		{"issuer_rating": "A", **ON_DEMAND},
	),
	Security(
		"", "Parent Guarantee", 10_000, "Havtornen Holding A/S", "The holding answers for its three subsidiaries.",
		{"scope": "Credit Group", "credit_group": GROUP[0]},
	),
	Security(
		"brohoved", "Bank Guarantee", 150_000, "Bælthavsbanken", "For the second bridge; given back when it was paid.",
		{"issuer_rating": "AA-", **ON_DEMAND}, (("release", "henrik", "The second bridge is paid."),),
	),
	Security(
		"strandpark", "Bank Guarantee", 40_000, "Nordkap Erhvervsbank", "We pay on first written demand.",
		{"issuer_rating": "A", **ON_DEMAND}, (("claim", "karen", 25_000, "Not paid after the last reminder."),),
	),
	Security(
		"vesterlund", "Bank Guarantee", 80_000, "Nordkap Erhvervsbank", "",
		{"issuer_rating": "A", **ON_DEMAND},
	),
	Security(
		"elmelund", "Parent Guarantee", 100_000, "Elmebjerg Holding A/S", "Signed by one of two directors only: we wait for the other.",
		{"status": "Received"},
	),
	Security(
		"kystlyng", "Bank Guarantee", 60_000, "Fynske Handelsbank", "For the summer season alone.",
		{"issuer_rating": "A", **ON_DEMAND}, (("run_out", "lars", "The season it was for is over."),),
	),
	Security(
		"fjordlund", "Advance-payment Guarantee", 100_000, "Nordkap Erhvervsbank", "For the first advance of the buyer.",
		{"issuer_rating": "A", **ON_DEMAND},
	),
	Security(
		"fjordlund", "Advance-payment Guarantee", 160_000, "Nordkap Erhvervsbank", "For both advances of the buyer.",
		{"issuer_rating": "A", **ON_DEMAND}, replaces=True,
	),
)  # fmt: skip

# A temporary limit for the season: (customer, limit, for days)
TEMPORARY_LIMITS = (("lyngfest", 1_200_000, 40),)
# (customer, the review fell due so many days ago)
OVERDUE_REVIEWS = (("vesterlund", 20),)
FORCED_HOLDS = (
	("soendervang", "karen", "The site manager disputes the last two deliveries; wait for the inspection."),
)


# ------------------------------------------------------------------ disputes and payment plans
@dataclass(frozen=True, slots=True)
class Claim:
	"""A dispute over part of one of a customer's open items, entered by somebody so many days ago.

	`note` is what its owner has done and waits with, `turn` who has to do something since, `stands_still` for how many
	days. `ends` is how it is settled and by whom: (credit note,) or (reject, user, resolution). What a seller enters is
	reported and waits for somebody who takes it up. With an `email` it is entered by the customer, by the link in our mail.
	"""

	key: str
	customer: str
	item: int
	amount: float
	root_cause: str
	description: str
	by: str
	opened_ago: int = 0
	turn: str = "Us"
	note: str = ""
	stands_still: int = 0
	ends: tuple[str, ...] = ()
	email: str = ""


CLAIMS = (
	Claim("reported", "sundmark", 0, 45_000, "Quality", "Thirty floodlights let water in; photos follow.", "sofie"),
	Claim(
		"standing-still", "fjordlund", 0, 62_000, "Price",
		"Billed at list price; the framework agreement gives ten per cent less.", "karen",
		opened_ago=22, stands_still=18,
	),
	Claim(
		"waiting", "agerskov", 0, 40_000, "Delivery", "Four lamp posts are said to be missing.", "karen",
		opened_ago=24, turn="Customer", stands_still=19,
		note="Sent the signed delivery note, and asked which of the lamp posts are missing.",
	),
	Claim(
		"in-progress", "kvistholt", 0, 24_000, "Quality", "A pallet of cable trays is bent.", "karen",
		opened_ago=6, stands_still=2, note="The warehouse looks at the photos; answer on Friday.",
	),
	Claim(
		"credited", "egekrog", 0, 17_987.5, "Price", "Billed without the ten per cent of the spring offer.", "peter",
		opened_ago=12, ends=("credit",),
	),
	Claim(
		"rejected", "brohoved", 0, 28_000, "PO Mismatch", "The purchase order number is not one of ours.", "peter",
		opened_ago=14, ends=("reject", "karen", "Their site manager confirms the order and its number."),
	),
	Claim(
		"by-link", "midtvang", 0, 6_400, "Delivery", "Eight of the forty desk lamps have not come.", "",
		email="bogholderi@midtvang.example.com",
	),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Agreement:
	"""A payment plan over a customer's open items in three monthly instalments, the first due in so many days.

	`is_begun` is one whose first instalment is paid. `agreed_ago` is one of the past, whose second instalment never came,
	or, when `is_kept`, whose instalments were all paid. One that is not `is_approved` is a draft.
	"""

	key: str
	customer: str
	reason: str
	first_in: int = 0
	is_begun: bool = False
	agreed_ago: int = 0
	is_kept: bool = False
	is_approved: bool = True


AGREEMENTS = (
	Agreement("approved", "lundkrat", "A main contractor pays them late; three instalments from next week.", first_in=7),
	Agreement(
		"broken", "kragekaer", "A wet summer without outdoor work; the autumn is booked.", is_begun=True, agreed_ago=50
	),
	Agreement("draft", "tranesoe", "Sells a lorry; three instalments from the first of the month.", first_in=5, is_approved=False),
	Agreement(
		"completed", "ellekaer", "A winter without building sites.", is_begun=True, agreed_ago=65, is_kept=True
	),
	# Agreed when the order below waits for it
	Agreement(
		"active", "bredlund", "Two of its customers went bankrupt; pays a third today.", is_begun=True
	),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
	"""A promise to pay an amount of a customer's first open item, made so many days ago for a day so many days ahead (below
	0: past), and how it ends."""

	customer: str
	amount: int
	made_ago: int
	due_in: int
	ends: str = "Open"


# What was kept, in full or partly, is a part payment of above.
WORDS = (
	Word("skovbryn", 50_000, 1, 4),
	Word("elmelund", 20_000, 9, -4, "Kept"),
	Word("lundkrat", 45_000, 13, -7, "Partly Kept"),
	Word("kragekaer", 20_000, 6, -2, "Broken"),
	Word("raevehoej", 10_000, 3, 4, "Withdrawn"),
)


@dataclass(frozen=True, slots=True)
class Request:
	"""Something that somebody asks for about a customer's first open item: `values` of the request, or a due date in so many days.

	`rejected_by` is who rejects it, with the `remark`.
	"""

	key: str
	customer: str
	action: str
	by: str
	reason: str
	values: tuple[tuple[str, object], ...] = ()
	due_in: int = 0
	rejected_by: str = ""
	remark: str = ""


REQUESTS = (
	Request(
		"approved", "midtvang", "Cash Discount", "sofie", "Two lamps were scratched; they keep them.",
		(("discount_percent", 2),),
	),
	Request(
		"open", "norrskog", "Cash Discount", "anders", "Orders for half a million more if we meet the price.",
		(("discount_percent", 8),),
	),
	Request(
		"rejected", "kirkeby", "Write-off", "peter", "Nobody answers the phone any more.",
		(("loss_ground", "Collection Without Result"),),
		rejected_by="birgit", remark="Send it to collection first: the roof firm still works.",
	),
	Request(
		"withdrawn", "hoejmark", "Cash Discount", "sofie", "Asked for ten per cent at the fair.",
		(("discount_percent", 10),),
	),
	Request("lapsed", "stenbro", "Due Date Change", "anders", "Waits for a payment of the county.", due_in=20),
)  # fmt: skip


# ------------------------------------------------------------------ contacts, credit lists, higher limits
# (customer, first name, last name, roles, language)
ROLE_CONTACTS = (
	("fjordlund", "Kirsten", "Bay", ("Accounts Payable",), "da"),
	("fjordlund", "Ole", "Krag", ("CFO", "Legal Notices"), None),
	("norrskog", "Elsa", "Lind", ("Ordering", "Accounts Payable"), "sv"),
)


@dataclass(frozen=True, slots=True)
class ListEntry:
	"""Somebody on the negative or premium list for so many days: a customer, or a party with a name and a tax ID.

	`ended` is (who ends it, why).
	"""

	key: str
	list_type: str
	by: str
	days: int
	reason: str
	customer: str = ""
	party: tuple[str, str] = ("", "")
	begins_in: int = 0
	ended: tuple[str, str] = ()


LIST_ENTRIES = (
	ListEntry("negative", "Negative", "karen", 180, "Two payments were called back by their bank.", "kviksand"),
	ListEntry(
		"party", "Negative", "karen", 365, "Orders in the name of others; reported to the police.",
		party=("Snarup Invest ApS", "DK51260387"),
	),
	ListEntry("premium", "Premium", "lars", 365, "Twelve years without a day of delay.", "fjordlund"),
	ListEntry("later", "Premium", "lars", 400, "Frame agreement from next month on.", "sundmark", begins_in=30),
	ListEntry(
		"ended", "Negative", "karen", 90, "Accounts two years late.", "kirkeby",
		ended=("lars", "The accounts came in and are sound."),
	),
)  # fmt: skip


# A list that nobody has published, and one customer that it names: the demo shows a match, not a party.
SANCTIONS_LIST = {
	"list_name": "Made-up list (demo)",
	"list_type": "Parties",
	"source": "Nobody: this list is made up for the demo",
	"list_version": "Demo 1",
}
SANCTIONED = {
	"customer": "sortsund",
	"party_name": "SORTSUNDETS SKIBSPROVIANT A/S",
	"programme": "Made up (demo)",
}


@dataclass(frozen=True, slots=True)
class LimitAsk:
	"""A higher limit that somebody asks for, for so many days or lasting, and the answer: (verb, who, remark, amount)."""

	key: str
	customer: str
	by: str
	limit: int
	reason: str
	days: int = 0
	order: str = ""
	answer: tuple = ()


LIMIT_ASKS = (
	LimitAsk(
		"open", "nordmole", "anders", 1_600_000, "The quay in Esbjerg is theirs for two months.", 60, "nordmole"
	),
	LimitAsk(
		"approved", "hoejmark", "sofie", 120_000, "Christmas parties until the end of the week.", 5,
		answer=("approve", "birgit", "Paid on time for three years.", None),
	),
	LimitAsk(
		"in-part", "vestkaer", "anders", 150_000, "They take over the work of a colleague.",
		answer=("approve", "lars", "Ten per cent to begin with.", 110_000),
	),
	LimitAsk(
		"rejected", "groendal", "sofie", 25_000, "They want to try again.",
		answer=("reject", "karen", "Nothing has changed since the last loss.", None),
	),
	LimitAsk(
		"withdrawn", "kirkeby", "anders", 130_000, "A large roof in Ribe.",
		answer=("withdraw", "anders", "The roof went to somebody else.", None),
	),
)  # fmt: skip


# ------------------------------------------------------------------ payment slips and an insolvency
@dataclass(frozen=True, slots=True)
class Proof:
	"""A payment slip over an amount, for one of a customer's open items (None: for whatever is open), reported by a seller,
	and what becomes of it."""

	key: str
	customer: str
	item: int | None
	amount: int
	by: str
	ends: str = "Reported"


PROOFS = (
	Proof("reported", "moellebakke", 1, 45_000, "sofie"),
	Proof("accepted", "hedelund", 0, 120_000, "anders", "Accepted"),
	Proof("arrived", "vestkaer", None, 3_000, "anders", "Arrived"),
	Proof("not-arrived", "stenbro", 0, 66_000, "anders", "Not Arrived"),
	Proof("rejected", "hoejmark", 0, 9_000, "sofie", "Rejected"),
)


@dataclass(frozen=True, slots=True)
class Failure:
	"""The insolvency of a customer since so many days ago."""

	customer: str
	kind: str
	days_ago: int
	case_number: str
	court: str
	trustee: str
	interest_rate: float
	evidence: str


FAILURE = Failure(
	"gammelhavn", "Bankruptcy", 3, "SKS 2-417/2026", "Nordkystens Skifteret", "Advokat Ditte Skiftesen", 9.75,
	"Statstidende: the estate of Gammelbolværkets Teaterproduktion A/S is declared bankrupt.",
)  # fmt: skip


# ------------------------------------------------------------------ orders
@dataclass(frozen=True, slots=True)
class Order:
	"""An order that a seller submits, how it comes out, and what happens next.

	`outcome` is the credit status right after submit, `rules` what holds it then. `steps` are (verb, …) as
	demo_trade.STEPS knows them; `ends` is the credit status after them. `terms` and `has_po` differ from the usual.
	"""

	key: str
	customer: str
	amount: int
	outcome: str = "Clear"
	rules: tuple[str, ...] = ()
	promised_in: int = 14
	steps: tuple[tuple, ...] = ()
	ends: str = ""
	terms: str = ""
	has_po: bool = True

	@property
	def final(self) -> str:
		return self.ends or self.outcome


ORDERS = (
	Order("fjordlund-1", "fjordlund", 240_000, steps=(("deliver", 1), ("bill",))),
	Order("fjordlund-2", "fjordlund", 310_000, promised_in=30),
	Order("nordmole", "nordmole", 215_000, "Held", ("Limit Use",)),
	Order("kystlyng", "kystlyng", 120_000, "Held", ("Overdue Items",), promised_in=10),
	Order("sundmark", "sundmark", 850_000, promised_in=45),
	Order("lyngfest", "lyngfest", 380_000, promised_in=7),
	Order("brohoved", "brohoved", 260_000, "Held", ("Payment Terms",), promised_in=21, terms=EXTRA_TERMS[0]),
	Order(
		"kvistholt", "kvistholt", 290_000, "Held", ("Limit Use",), promised_in=20, ends="Released",
		steps=(
			("request", "Framework customer of eleven years; the housing project starts on Monday."),
			("release", "mette", "Long-standing customer, pays on time; 7 % over for one project."),
			("deliver", 0.4),
		),
	),
	Order("walk-release", "skovbryn", 85_000, "Held", ("Overdue Items",), promised_in=5),
	Order("walk-pay", "fjordkoel", 165_000, "Held", ("Limit Use",), promised_in=9),
	Order("walk-split", "bakkegaard", 320_000, "Held", ("Limit Use",), promised_in=12, has_po=False),
	Order("walk-reject", "hedelund", 140_000, "Held", ("Limit Use",), promised_in=8),
	Order(
		"strandpark-1", "strandpark", 130_000, "Held", ("Limit Use",), ends="Rejected",
		steps=(("reject", "karen", "A third over the limit and always late: order less, or pay half in advance."),),
	),
	Order(
		"strandpark-2", "strandpark", 60_000, "Held", ("Limit Use",), ends="Not Checked", steps=(("close",),),
	),
	Order(
		"klitvang", "klitvang", 125_000, "Held", ("Limit Use",), promised_in=3, ends="Released",
		steps=(
			# Pushed, against advice, for a repeat late payer: the seller's commission feels it.
			("request", "The season opens at Easter; they cannot open the site without it."),
			("advise", "karen", "Reject", "Two invoices in three came more than two weeks late."),
			("release", "lars", "Season opens at Easter; the invoices fall due before the next order."),
			("deliver", 1),
			("bill",),
		),
	),
	Order("midtvang-1", "midtvang", 60_000, "Held", ("Missing PO",), has_po=False),
	Order("midtvang-2", "midtvang", 45_000, promised_in=18),
	Order("ravsund", "ravsund", 150_000, "Held", ("Security",), promised_in=25),
	Order("elmelund", "elmelund", 150_000, promised_in=16),
	Order("norrskog", "norrskog", 200_000, promised_in=28),
	Order("aagaard", "aagaard", 45_000, "Stopped", ("Credit Stop: Rating",)),
	Order("havtorn", "havtorn_log", 190_000, "Held", ("Group Limit",), promised_in=11),
	Order("vesterlund", "vesterlund", 70_000, "Held", ("Limit Review",)),
	Order(
		"fjeldstroem", "fjeldstroem", 95_000, "Held", ("Limit Use",), promised_in=20, ends="Held",
		steps=(
			("release", "birgit", "Two hotels in Bergen pay the installer on completion."),
			("rate", "lars", "A", "The bureau lowered its rating by one notch."),
			("deliver_refused",),
		),
	),
	Order("moellebakke", "moellebakke", 12_000, "Stopped", ("Limit Use", "Credit Stop: Balance")),
	Order("soendervang", "soendervang", 18_000, "Held", ("Forced Hold",)),
	Order("groendal", "groendal", 22_000, "Held", ("Limit Use",)),
	Order("vestkaer", "vestkaer", 24_000, promised_in=6),
	Order("vestkaer-lys", "vestkaer_lys", 21_000, promised_in=6),
	Order("kirkeby", "kirkeby", 30_000),
	Order("hoejmark", "hoejmark", 26_000, promised_in=4, steps=(("deliver", 0.5),)),
	Order(
		"lillesoe", "lillesoe", 35_000, "Held", ("Limit Use",), ends="Clear", steps=(("pay", 0),),
	),
	Order("pilegaard", "pilegaard", 36_000, "Held", ("Limit Use",), promised_in=17),
	Order(
		"stenbro", "stenbro", 38_000, "Held", ("Limit Use",), promised_in=6,
		steps=(
			("request", "The customer takes the whole lot this week and pays within ten days."),
			("advise", "karen", "Release"),
		),
	),
	Order("walk-prepay", "havnefront", 48_000, "Held", ("Prepayment",), promised_in=10),
	Order(
		"solgaard", "solgaard", 40_000, "Held", ("Prepayment",), promised_in=2, ends="Clear",
		steps=(("prepay", 1), ("deliver", 1)),
	),
	Order(
		"oernebjerg", "oernebjerg", 64_000, "Held", ("Prepayment",), promised_in=22, steps=(("prepay", 0.45),),
	),
	Order(
		"gammelhavn", "gammelhavn", 20_000, "Stopped", ("Forced Hold", "Credit Stop: Rating", "Overdue Items", "Prepayment"),
	),
	Order("oestervig", "oestervig", 27_000, "Held", ("No Profile",)),
	Order("kviksand", "kviksand", 14_000, "Held", ("Negative List",)),
	Order("sortsund", "sortsund", 16_000, "Stopped", ("Compliance",)),
	Order("walk-dispute", "agerskov", 60_000, promised_in=6),
	Order("walk-plan", "lundkrat", 55_000, "Held", ("Overdue Items",), promised_in=12),
	Order("bredlund", "bredlund", 60_000, "Held", ("Overdue Items",), promised_in=9, ends="Clear"),
	Order("kragekaer", "kragekaer", 35_000, "Held", ("Overdue Items",), promised_in=15),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Walk:
	"""A way through the app that a person can try: the order it starts with, who does what."""

	order: str
	title: str
	by: tuple[str, ...]
	do: str


WALKS = (
	Walk(
		"walk-release", "An order is parked, the credit controller releases it, the warehouse delivers", ("karen", "thomas"),
		"As the credit controller open the hold, release it with a reason; as the warehouse make and submit the delivery note.",
	),
	Walk(
		"walk-pay", "An order is parked, the customer pays, the order goes on by itself", ("jens", "anders"),
		"As accounts open the invoice, make and submit its payment; a moment later the seller's order is clear.",
	),
	Walk(
		"walk-prepay", "A segment D order waits for its prepayment and goes on when it is paid", ("jens", "thomas"),
		"As accounts make and submit a payment from the order; a moment later it is clear and can be delivered.",
	),
	Walk(
		"walk-split", "What fits the limit is shipped, the rest waits", ("sofie", "thomas"),
		"As the seller choose Split on the order; the part that fits is clear, the rest is an order of its own on hold.",
	),
	Walk(
		"walk-reject", "An order far over the limit is rejected", ("karen", "anders"),
		"As the credit controller reject the hold with a reason; the seller finds the order rejected.",
	),
	Walk(
		"walk-dispute", "Deliveries stop as a dispute waits too long for the customer, and go on when they answer",
		("thomas", "karen"),
		"As the warehouse make a delivery note and submit it: it is refused. As the credit controller open the dispute and add the customer's answer; a moment later the goods may leave.",
	),
	Walk(
		"walk-plan", "The first instalment of a payment plan is paid, and the order goes on by itself", ("jens", "anders"),
		"As accounts open the invoice of the payment plan, make a payment of its first instalment and submit it; a moment later the plan is active and the order clear.",
	),
)  # fmt: skip
