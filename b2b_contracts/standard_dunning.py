"""The dunning templates and flows of requirements §3 as plain data: what a new site starts with.

A user may edit or delete every record that is made of them; nothing here is ever written over one. The wording names no
country's act: the language of a letter is the customer's, the law that it is under may be another's. What a letter
announces stands in the statements alone, so that whom nothing is announced (the public sector) reads nothing of it.
"""

FRIENDLY = "Standard: friendly notice"
REMINDER_1 = "Standard: reminder 1"
REMINDER_2 = "Standard: reminder 2, notice of default"
REMINDER_3 = "Standard: reminder 3, registered letter"
LEGAL_NOTICE = "Standard: notice before collection"
LOW_EMAIL = "Low risk: e-mail"
LOW_SMS = "Low risk: SMS"
MEDIUM_EMAIL = "Medium: e-mail"
MEDIUM_LETTER = "Medium: formal letter"
HIGH_NOTICE = "High risk: credit manager's notice"
HIGH_STOP = "High risk: delivery stop"
PUBLIC_SECTOR = "Public sector: reminder"

LOW_FLOW, MEDIUM_FLOW, HIGH_FLOW, STANDARD_FLOW = (
	"Low risk and high volume",
	"Medium risk",
	"High risk and strategic",
	"Standard ladder",
)

# ------------------------------------------------------------------ what every text has
_FRAME = {
	"en": {
		"greeting": "Dear {{ customer_name }},",
		"question": "Do you have a question, or is something wrong with an invoice? Then write to us"
		"{% if contact_email %} at {{ contact_email }}{% endif %}{% if contact_phone %} or call {{ contact_phone }}{% endif %}.",
		"paid": "If you have paid in the meantime, please regard this message as settled.",
		"regards": "Kind regards",
	},
	"da": {
		"greeting": "Kære {{ customer_name }}",
		"question": "Har I spørgsmål, eller er der noget galt med en faktura? Så skriv til os"
		"{% if contact_email %} på {{ contact_email }}{% endif %}{% if contact_phone %} eller ring på {{ contact_phone }}{% endif %}.",
		"paid": "Har I betalt i mellemtiden, kan I se bort fra denne besked.",
		"regards": "Med venlig hilsen",
	},
	"nb": {
		"greeting": "Kjære {{ customer_name }}",
		"question": "Har dere spørsmål, eller er det noe galt med en faktura? Skriv til oss"
		"{% if contact_email %} på {{ contact_email }}{% endif %}{% if contact_phone %} eller ring {{ contact_phone }}{% endif %}.",
		"paid": "Har dere betalt i mellomtiden, kan dere se bort fra denne meldingen.",
		"regards": "Med vennlig hilsen",
	},
	"sv": {
		"greeting": "Hej {{ customer_name }},",
		"question": "Har ni frågor, eller är något fel med en faktura? Skriv till oss"
		"{% if contact_email %} på {{ contact_email }}{% endif %}{% if contact_phone %} eller ring {{ contact_phone }}{% endif %}.",
		"paid": "Har ni betalat under tiden kan ni bortse från detta meddelande.",
		"regards": "Med vänlig hälsning",
	},
}

# ------------------------------------------------------------------ what has to be announced
_STOP = {
	"en": "If we have not received your payment by {{ deadline }}, we may stop deliveries to you until everything that is overdue has been paid.",
	"da": "Har vi ikke modtaget jeres betaling senest {{ deadline }}, kan vi standse leveringer til jer, indtil alt forfaldent er betalt.",
	"nb": "Har vi ikke mottatt betalingen deres innen {{ deadline }}, kan vi stanse leveringer til dere til alt som er forfalt, er betalt.",
	"sv": "Har vi inte fått er betalning senast {{ deadline }} kan vi stoppa leveranser till er tills allt som är förfallet har betalats.",
}
_STOP_EXAMINED = {
	"en": "As announced, we are now examining whether we can go on delivering to you. If deliveries are stopped, they start again as soon as everything that is overdue has been paid or a written payment plan has been agreed.",
	"da": "Som varslet undersøger vi nu, om vi kan fortsætte med at levere til jer. Standses leveringerne, genoptages de, så snart alt forfaldent er betalt, eller en skriftlig betalingsaftale er indgået.",
	"nb": "Som varslet undersøker vi nå om vi kan fortsette å levere til dere. Stanses leveringene, gjenopptas de så snart alt som er forfalt, er betalt, eller en skriftlig betalingsavtale er inngått.",
	"sv": "Som vi har aviserat prövar vi nu om vi kan fortsätta att leverera till er. Stoppas leveranserna återupptas de så snart allt som är förfallet har betalats eller en skriftlig betalningsplan har avtalats.",
}
_INTEREST = {
	"en": "If we have not received your payment by {{ deadline }}, we will charge late-payment interest at the rate that is agreed, or else at the statutory rate, from the day on which it may be charged until it is paid.",
	"da": "Har vi ikke modtaget jeres betaling senest {{ deadline }}, opkræver vi morarente efter den aftalte sats, ellers efter lovens sats, fra den dag, den kan kræves, og indtil der er betalt.",
	"nb": "Har vi ikke mottatt betalingen deres innen {{ deadline }}, krever vi forsinkelsesrente etter avtalt sats, ellers etter lovens sats, fra den dagen den kan kreves og til det er betalt.",
	"sv": "Har vi inte fått er betalning senast {{ deadline }} tar vi ut dröjsmålsränta enligt avtalad räntesats, annars enligt lag, från den dag den får tas ut till dess att betalning sker.",
}
_INTEREST_RUNS = {
	"en": "Late-payment interest runs on until we have received your payment.",
	"da": "Der løber fortsat morarente, indtil vi har modtaget jeres betaling.",
	"nb": "Forsinkelsesrenten løper videre til vi har mottatt betalingen deres.",
	"sv": "Dröjsmålsräntan fortsätter att löpa tills vi har fått er betalning.",
}
_COLLECTION = {
	"en": "If by {{ deadline }} we have received neither your payment nor your written objection, we will hand the claim over to debt collection without further notice. That may cause you additional costs.",
	"da": "Har vi hverken modtaget jeres betaling eller jeres skriftlige indsigelse senest {{ deadline }}, overgiver vi kravet til inkasso uden yderligere varsel. Det kan påføre jer yderligere omkostninger.",
	"nb": "Har vi verken mottatt betalingen deres eller en skriftlig innsigelse innen {{ deadline }}, sender vi kravet til inkasso uten ytterligere varsel. Det kan påføre dere ytterligere kostnader.",
	"sv": "Har vi varken fått er betalning eller er skriftliga invändning senast {{ deadline }} överlämnar vi kravet till inkasso utan ytterligare meddelande. Det kan medföra ytterligare kostnader för er.",
}

# ------------------------------------------------------------------ what each one says
# template → language → (subject, what stands before the items, what stands after them)
_WORDS = {
	FRIENDLY: {
		"en": (
			"Due for payment: {{ grand_total }}",
			["This is a friendly note that the following is due for payment now."],
			["If your payment is on its way already, you need not do anything."],
		),
		"da": (
			"Forfalder til betaling: {{ grand_total }}",
			["Dette er en venlig påmindelse om, at følgende nu forfalder til betaling."],
			["Er jeres betaling allerede på vej, behøver I ikke at gøre noget."],
		),
		"nb": (
			"Forfaller til betaling: {{ grand_total }}",
			["Dette er en vennlig påminnelse om at følgende nå forfaller til betaling."],
			["Er betalingen deres allerede på vei, trenger dere ikke å gjøre noe."],
		),
		"sv": (
			"Förfaller till betalning: {{ grand_total }}",
			["Detta är en vänlig påminnelse om att följande nu förfaller till betalning."],
			["Är er betalning redan på väg behöver ni inte göra något."],
		),
	},
	REMINDER_1: {
		"en": (
			"Reminder: {{ grand_total }} is overdue",
			[
				"We cannot see that the following has been paid. It may have escaped your attention, so we remind you of it."
			],
			[],
		),
		"da": (
			"Rykker 1: {{ grand_total }} er forfaldet",
			[
				"Vi kan ikke se, at følgende er betalt. Det kan være en forglemmelse, og derfor minder vi om det."
			],
			[],
		),
		"nb": (
			"Purring: {{ grand_total }} er forfalt",
			[
				"Vi kan ikke se at følgende er betalt. Det kan være en forglemmelse, og derfor minner vi om det."
			],
			[],
		),
		"sv": (
			"Påminnelse: {{ grand_total }} har förfallit",
			[
				"Vi kan inte se att följande har betalats. Det kan ha förbisetts, och därför påminner vi om det."
			],
			[],
		),
	},
	REMINDER_2: {
		"en": (
			"Second reminder and notice of default: {{ grand_total }}",
			[
				"In spite of our reminder we have not received your payment. We hereby give you formal notice that you are in default with what follows, and demand that it is paid within the time stated."
			],
			[],
		),
		"da": (
			"Rykker 2 og påkrav: {{ grand_total }}",
			[
				"Trods vores rykker har vi ikke modtaget jeres betaling. Vi meddeler jer hermed formelt, at I er i misligholdelse med nedenstående, og kræver det betalt inden for den angivne frist."
			],
			[],
		),
		"nb": (
			"Andre purring og påkrav: {{ grand_total }}",
			[
				"Til tross for purringen vår har vi ikke mottatt betalingen deres. Vi meddeler dere herved formelt at dere er i mislighold med det som følger, og krever det betalt innen fristen."
			],
			[],
		),
		"sv": (
			"Andra påminnelsen och betalningsanmaning: {{ grand_total }}",
			[
				"Trots vår påminnelse har vi inte fått er betalning. Vi meddelar er härmed formellt att ni är i dröjsmål med nedanstående och kräver att det betalas inom den angivna tiden."
			],
			[],
		),
	},
	REMINDER_3: {
		"en": (
			"Third reminder by registered letter: {{ grand_total }}",
			[
				"Our earlier reminders have not led to payment. We ask you once more to pay what is listed below, or to agree a written payment plan with us before the time is over."
			],
			[],
		),
		"da": (
			"Rykker 3, anbefalet brev: {{ grand_total }}",
			[
				"Vores tidligere rykkere har ikke ført til betaling. Vi opfordrer jer endnu en gang til at betale nedenstående eller til at indgå en skriftlig betalingsaftale med os, inden fristen er udløbet."
			],
			[],
		),
		"nb": (
			"Tredje purring, rekommandert brev: {{ grand_total }}",
			[
				"De tidligere purringene våre har ikke ført til betaling. Vi ber dere enda en gang om å betale det som er oppført nedenfor, eller om å inngå en skriftlig betalingsavtale med oss før fristen er ute."
			],
			[],
		),
		"sv": (
			"Tredje påminnelsen, rekommenderat brev: {{ grand_total }}",
			[
				"Våra tidigare påminnelser har inte lett till betalning. Vi uppmanar er än en gång att betala nedanstående, eller att avtala en skriftlig betalningsplan med oss innan tiden har gått ut."
			],
			[],
		),
	},
	LEGAL_NOTICE: {
		"en": (
			"Notice before debt collection: {{ grand_total }}",
			[
				"You have not paid the claims of {{ company }} that are listed below. They arise from goods and services that we have delivered to you and invoiced; the list has the number, the due date and the unpaid amount of each invoice, and what is claimed beside it."
				"{% if interest %} How the interest has been calculated is shown in the enclosed statement.{% endif %}",
			],
			[
				"If you object to the claim or to a part of it, tell us so in writing within the same time, and why. What you object to is not handed over before we have looked into it."
			],
		),
		"da": (
			"Varsel om inkasso: {{ grand_total }}",
			[
				"I har ikke betalt de krav fra {{ company }}, der er anført nedenfor. De stammer fra varer og ydelser, som vi har leveret til jer og faktureret; listen viser nummer, forfaldsdato og ubetalt beløb for hver faktura samt det, der i øvrigt kræves."
				"{% if interest %} Hvordan renten er beregnet, fremgår af vedlagte opgørelse.{% endif %}",
			],
			[
				"Har I indsigelser mod kravet eller en del af det, skal I give os skriftlig besked om dem og begrunde dem inden for samme frist. Det, I gør indsigelse imod, overgives ikke til inkasso, før vi har undersøgt det."
			],
		),
		"nb": (
			"Inkassovarsel: {{ grand_total }}",
			[
				"Dere har ikke betalt kravene fra {{ company }} som er oppført nedenfor. De gjelder varer og tjenester som vi har levert til dere og fakturert; listen viser nummer, forfallsdato og ubetalt beløp for hver faktura, og det som ellers kreves."
				"{% if interest %} Hvordan renten er beregnet, fremgår av vedlagte oppstilling.{% endif %}",
			],
			[
				"Har dere innsigelser mot kravet eller en del av det, må dere gi oss skriftlig beskjed om dem og begrunne dem innen samme frist. Det dere har innsigelser mot, sendes ikke til inkasso før vi har undersøkt det."
			],
		),
		"sv": (
			"Meddelande före inkasso: {{ grand_total }}",
			[
				"Ni har inte betalat de fordringar från {{ company }} som anges nedan. De avser varor och tjänster som vi har levererat till er och fakturerat; listan visar nummer, förfallodag och obetalt belopp för varje faktura och vad som krävs därutöver."
				"{% if interest %} Hur räntan har beräknats framgår av bifogad specifikation.{% endif %}",
			],
			[
				"Har ni invändningar mot kravet eller en del av det ska ni meddela oss dem skriftligen, med skälen, inom samma tid. Det som ni invänder mot överlämnas inte till inkasso innan vi har undersökt det."
			],
		),
	},
	LOW_EMAIL: {
		"en": (
			"Have you overlooked this? {{ grand_total }}",
			[
				"We believe that the following has been overlooked. With the link you see what is open and how to pay it."
			],
			[],
		),
		"da": (
			"Er dette blevet overset? {{ grand_total }}",
			[
				"Vi tror, at følgende er blevet overset. Via linket ser I, hvad der er åbent, og hvordan det betales."
			],
			[],
		),
		"nb": (
			"Er dette blitt oversett? {{ grand_total }}",
			[
				"Vi tror at følgende er blitt oversett. Med lenken ser dere hva som er åpent, og hvordan det betales."
			],
			[],
		),
		"sv": (
			"Har detta förbisetts? {{ grand_total }}",
			["Vi tror att följande har förbisetts. Via länken ser ni vad som är öppet och hur det betalas."],
			[],
		),
	},
	LOW_SMS: {
		"en": (
			"Still open: {{ grand_total }}",
			["The following is still open. With the link you see what it is and how to pay it."],
			[],
		),
		"da": (
			"Stadig åbent: {{ grand_total }}",
			["Følgende er stadig åbent. Via linket ser I, hvad det er, og hvordan det betales."],
			[],
		),
		"nb": (
			"Fortsatt åpent: {{ grand_total }}",
			["Følgende er fortsatt åpent. Med lenken ser dere hva det er, og hvordan det betales."],
			[],
		),
		"sv": (
			"Fortfarande öppet: {{ grand_total }}",
			["Följande är fortfarande öppet. Via länken ser ni vad det är och hur det betalas."],
			[],
		),
	},
	MEDIUM_EMAIL: {
		"en": (
			"Reminder: {{ grand_total }} is overdue",
			["We have not received payment of the following. Please see to it within the next days."],
			[
				"If you cannot pay everything at once, answer this message, and we talk about paying in instalments."
			],
		),
		"da": (
			"Rykker: {{ grand_total }} er forfaldet",
			[
				"Vi har ikke modtaget betaling for følgende. Sørg venligst for betaling inden for de næste dage."
			],
			[
				"Kan I ikke betale det hele på én gang, så svar på denne besked, så taler vi om betaling i rater."
			],
		),
		"nb": (
			"Purring: {{ grand_total }} er forfalt",
			[
				"Vi har ikke mottatt betaling for følgende. Sørg gjerne for betaling i løpet av de nærmeste dagene."
			],
			[
				"Kan dere ikke betale alt på én gang, svar på denne meldingen, så snakker vi om betaling i avdrag."
			],
		),
		"sv": (
			"Påminnelse: {{ grand_total }} har förfallit",
			["Vi har inte fått betalning för följande. Se till att det betalas inom de närmaste dagarna."],
			["Kan ni inte betala allt på en gång, svara på detta meddelande så pratar vi om delbetalning."],
		),
	},
	MEDIUM_LETTER: {
		"en": (
			"Formal demand for payment: {{ grand_total }}",
			[
				"In spite of our earlier messages the following has not been paid. We demand payment of the whole amount within the time stated."
				"{% if interest %} How the interest has been calculated is shown in the enclosed statement.{% endif %}"
			],
			[
				"If you cannot pay the whole amount at once, you may split it: tell us before the time is over which part you pay now and in which instalments you pay the rest. We then send you a payment plan to sign. While a plan is kept, nothing else is done about the debt."
			],
		),
		"da": (
			"Formelt betalingspåkrav: {{ grand_total }}",
			[
				"Trods vores tidligere henvendelser er følgende ikke betalt. Vi kræver hele beløbet betalt inden for den angivne frist."
				"{% if interest %} Hvordan renten er beregnet, fremgår af vedlagte opgørelse.{% endif %}"
			],
			[
				"Kan I ikke betale hele beløbet på én gang, kan I dele det op: Giv os besked inden fristens udløb om, hvilken del I betaler nu, og i hvilke rater I betaler resten. Så sender vi jer en betalingsaftale til underskrift. Så længe aftalen overholdes, foretages der ikke andet vedrørende gælden."
			],
		),
		"nb": (
			"Formelt betalingspåkrav: {{ grand_total }}",
			[
				"Til tross for våre tidligere henvendelser er følgende ikke betalt. Vi krever hele beløpet betalt innen fristen."
				"{% if interest %} Hvordan renten er beregnet, fremgår av vedlagte oppstilling.{% endif %}"
			],
			[
				"Kan dere ikke betale hele beløpet på én gang, kan dere dele det opp: Gi oss beskjed innen fristen om hvilken del dere betaler nå, og i hvilke avdrag dere betaler resten. Da sender vi dere en betalingsavtale til underskrift. Så lenge avtalen holdes, gjøres det ikke noe annet med gjelden."
			],
		),
		"sv": (
			"Formell betalningsanmaning: {{ grand_total }}",
			[
				"Trots våra tidigare meddelanden har följande inte betalats. Vi kräver att hela beloppet betalas inom den angivna tiden."
				"{% if interest %} Hur räntan har beräknats framgår av bifogad specifikation.{% endif %}"
			],
			[
				"Kan ni inte betala hela beloppet på en gång kan ni dela upp det: meddela oss innan tiden har gått ut vilken del ni betalar nu och i vilka delbetalningar ni betalar resten. Då skickar vi en betalningsplan för underskrift. Så länge planen hålls vidtas inget annat om skulden."
			],
		),
	},
	HIGH_NOTICE: {
		"en": (
			"Overdue, please pay now: {{ grand_total }}",
			[
				"The following was not paid on its due date. Your account needs it to be paid on time, so please pay at once, or call the credit manager today."
			],
			[],
		),
		"da": (
			"Forfaldent, betal venligst nu: {{ grand_total }}",
			[
				"Følgende blev ikke betalt på forfaldsdagen. Jeres konto kræver, at der betales til tiden. Betal derfor venligst straks, eller ring til kreditchefen i dag."
			],
			[],
		),
		"nb": (
			"Forfalt, vennligst betal nå: {{ grand_total }}",
			[
				"Følgende ble ikke betalt på forfallsdagen. Kontoen deres krever at det betales i tide. Vennligst betal straks, eller ring kredittsjefen i dag."
			],
			[],
		),
		"sv": (
			"Förfallet, vänligen betala nu: {{ grand_total }}",
			[
				"Följande betalades inte på förfallodagen. Ert konto kräver betalning i tid. Vänligen betala genast, eller ring kreditchefen i dag."
			],
			[],
		),
	},
	HIGH_STOP: {
		"en": (
			"The time to pay is over: {{ grand_total }}",
			[
				"The time that we gave you in our last notice is over, and the following is still unpaid. Please pay now."
			],
			[],
		),
		"da": (
			"Betalingsfristen er udløbet: {{ grand_total }}",
			[
				"Den frist, vi gav jer i vores seneste besked, er udløbet, og følgende er stadig ikke betalt. Betal venligst nu."
			],
			[],
		),
		"nb": (
			"Betalingsfristen er ute: {{ grand_total }}",
			[
				"Fristen vi ga dere i den siste meldingen vår, er ute, og følgende er fortsatt ikke betalt. Vennligst betal nå."
			],
			[],
		),
		"sv": (
			"Betalningstiden har gått ut: {{ grand_total }}",
			[
				"Den tid som vi gav er i vårt senaste meddelande har gått ut, och följande är fortfarande obetalt. Vänligen betala nu."
			],
			[],
		),
	},
	PUBLIC_SECTOR: {
		"en": (
			"Reminder: {{ grand_total }} is overdue",
			[
				"By our books the following has not been paid. We kindly ask you to have it paid, or to tell us what is missing."
			],
			[
				"If an invoice has not reached you, or lacks an order number or a person to refer to, tell us, and we send it again."
			],
		),
		"da": (
			"Rykker: {{ grand_total }} er forfaldet",
			[
				"Ifølge vores bogføring er følgende ikke betalt. Vi beder jer venligst om at sørge for betaling eller om at fortælle os, hvad der mangler."
			],
			[
				"Har I ikke modtaget en faktura, eller mangler den ordrenummer, EAN-nummer eller kontaktperson, så giv os besked, så sender vi den igen."
			],
		),
		"nb": (
			"Purring: {{ grand_total }} er forfalt",
			[
				"Ifølge regnskapet vårt er følgende ikke betalt. Vi ber dere vennligst sørge for betaling, eller fortelle oss hva som mangler."
			],
			[
				"Har dere ikke mottatt en faktura, eller mangler den bestillingsnummer eller referanseperson, gi oss beskjed, så sender vi den på nytt."
			],
		),
		"sv": (
			"Påminnelse: {{ grand_total }} har förfallit",
			[
				"Enligt vår bokföring har följande inte betalats. Vi ber er vänligen att se till att det betalas, eller att tala om för oss vad som saknas."
			],
			[
				"Har en faktura inte nått er, eller saknar den ordernummer eller referensperson, meddela oss så skickar vi den igen."
			],
		),
	},
}

_SMS = {
	"en": "{{ company }}: {{ amount_due }} is overdue. {% if pay_link %}See and pay: {{ pay_link }}{% else %}Please pay by {{ deadline }}.{% endif %} "
	"Paid already? Then ignore this.",
	"da": "{{ company }}: {{ amount_due }} er forfaldet. {% if pay_link %}Se og betal: {{ pay_link }}{% else %}Betal venligst senest {{ deadline }}.{% endif %} "
	"Allerede betalt? Så se bort fra dette.",
	"nb": "{{ company }}: {{ amount_due }} er forfalt. {% if pay_link %}Se og betal: {{ pay_link }}{% else %}Vennligst betal innen {{ deadline }}.{% endif %} "
	"Allerede betalt? Se bort fra dette.",
	"sv": "{{ company }}: {{ amount_due }} har förfallit. {% if pay_link %}Se och betala: {{ pay_link }}{% else %}Vänligen betala senast {{ deadline }}.{% endif %} "
	"Redan betalat? Bortse från detta.",
}

# template → (description, whether it is formal, what it announces: {field without "announces_": by language})
_ABOUT = {
	FRIENDLY: ("On the due date, before anything is late.", False, {}),
	REMINDER_1: ("The first reminder after the due date.", False, {}),
	REMINDER_2: (
		"The formal notice of default: announces that deliveries may be stopped and that interest is charged.",
		True,
		{"delivery_stop": _STOP, "interest": _INTEREST},
	),
	REMINDER_3: (
		"The last reminder, by registered letter, while the delivery stop is evaluated; a written plan is the way out.",
		True,
		{"delivery_stop": _STOP_EXAMINED},
	),
	LEGAL_NOTICE: (
		"The demand that the law wants before collection: all facts, the time to pay, and what follows.",
		True,
		{"collection": _COLLECTION, "interest": _INTEREST_RUNS},
	),
	LOW_EMAIL: ("A gentle e-mail with a payment link.", False, {}),
	LOW_SMS: (
		"A short message for small amounts; the e-mail is for where an SMS does not get through.",
		False,
		{},
	),
	MEDIUM_EMAIL: ("An e-mail that offers instalments.", False, {}),
	MEDIUM_LETTER: (
		"A formal letter with interest and fee that offers to split the payment.",
		True,
		{"interest": _INTEREST_RUNS},
	),
	HIGH_NOTICE: (
		"The credit manager's notice the day after: announces that deliveries may be stopped.",
		False,
		{"delivery_stop": _STOP},
	),
	HIGH_STOP: (
		"When the announced time is over and the delivery stop is evaluated.",
		True,
		{"delivery_stop": _STOP_EXAMINED},
	),
	PUBLIC_SECTOR: (
		"For public authorities, in a flow of their own: nothing of stops, compensation or collection.",
		False,
		{},
	),
}


def _message(language: str, before: list[str], after: list[str], is_formal: bool) -> str:
	frame = _FRAME[language]
	lines = [
		f"<p>{frame['greeting']}</p>",
		*(f"<p>{text}</p>" for text in before),
		"{{ items }}",
		"{{ statements }}",
		*(f"<p>{text}</p>" for text in after),
		"{{ payment }}",
		*([] if is_formal else [f"<p>{frame['paid']}</p>"]),
		f"<p>{frame['question']}</p>",
		f"<p>{frame['regards']}<br>",
		"{% if contact_name %}{{ contact_name }}<br>{% endif %}",
		"{{ company }}</p>",
	]
	return "\n".join(lines)


def _template(name: str) -> dict:
	description, is_formal, announces = _ABOUT[name]
	texts = []
	for language, (subject, before, after) in _WORDS[name].items():
		text = {
			"language": language,
			"subject": subject,
			"message": _message(language, before, after, is_formal),
			**{f"{what}_statement": by_language[language] for what, by_language in announces.items()},
		}
		if name == LOW_SMS:
			text["sms"] = _SMS[language]
		texts.append(text)
	return {
		"template_name": name,
		"description": description,
		**{f"announces_{what}": 1 for what in announces},
		"texts": texts,
	}


TEMPLATES = tuple(_template(name) for name in _WORDS)

# ------------------------------------------------------------------ flows
QUIET_PERIODS = (
	{
		"from_date": "2025-12-24",
		"until_date": "2026-01-01",
		"every_year": 1,
		"reason": "Christmas and New Year",
	},
)
_COMMON = {"enabled": 1, "not_on_days_off": 1, "shortest_gap": 3, "quiet_periods": list(QUIET_PERIODS)}
_BY_PERSON = {"Phone Call", "Account Manager", "Collection Agency"}


def _step(code: str, day: int, channel: str, template: str = "", **more) -> dict:
	step = {
		"step_code": code,
		"day": day,
		"channel": channel,
		"template": template or None,
		"deadline_days": 0,
	}
	if channel not in _BY_PERSON:
		step["deadline_days"] = 7
	return step | more


FLOWS = (
	{
		**_COMMON,
		"flow_name": LOW_FLOW,
		"description": "Segment A: gentle, with a payment link; the account manager calls before the due date, and the Credit Manager is told the day after it.",
		"scopes": [{"segment": "A"}],
		"steps": [
			_step("D-3", -3, "Account Manager", for_segments="A"),
			_step("D1", 1, "Account Manager", for_segments="A", escalate_to="Credit Manager"),
			_step("D3", 3, "E-mail", LOW_EMAIL),
			_step("D7", 7, "SMS", LOW_SMS, balance_below=25_000),
		],
	},
	{
		**_COMMON,
		"flow_name": MEDIUM_FLOW,
		"description": "Segment B: an e-mail, a call, a formal letter with interest and fee that offers to split the payment.",
		"scopes": [{"segment": "B"}],
		"steps": [
			_step("D3", 3, "E-mail", MEDIUM_EMAIL, offers_split=1),
			_step("D10", 10, "Phone Call"),
			_step(
				"D20",
				20,
				"Letter",
				MEDIUM_LETTER,
				deadline_days=10,
				fee_basis="Statutory Maximum",
				interest="Claim",
				demand_plan=1,
				offers_split=1,
			),
		],
	},
	{
		**_COMMON,
		"flow_name": HIGH_FLOW,
		"description": "Segment D and risk class C: contact before the due date, the credit manager's notice the day after it, then the delivery stop, which strategic customers are spared.",
		"scopes": [{"segment": "D"}, {"risk_class": "C"}],
		"steps": [
			_step("D-5", -5, "Account Manager"),
			_step("D1", 1, "E-mail", HIGH_NOTICE, escalate_to="Credit Manager"),
			_step("D15", 15, "E-mail", HIGH_STOP, not_for_segments="A", delivery_stop=1),
		],
	},
	{
		**_COMMON,
		"flow_name": STANDARD_FLOW,
		"description": "Segment C and everybody else who has no other flow: from a friendly notice on the due date to collection.",
		"scopes": [],
		"steps": [
			_step("D0", 0, "E-mail", FRIENDLY),
			_step("D7", 7, "E-mail", REMINDER_1, fee_basis="Statutory Maximum"),
			_step("D14", 14, "Phone Call"),
			_step(
				"D21",
				21,
				"E-mail",
				REMINDER_2,
				fee_basis="Statutory Maximum",
				interest="Announce",
				attach_letter=1,
				attach_invoices=1,
			),
			_step(
				"D30",
				30,
				"Registered Letter",
				REMINDER_3,
				fee_basis="Statutory Maximum",
				interest="Claim",
				delivery_stop=1,
				demand_plan=1,
			),
			_step(
				"D45",
				45,
				"Legal Notice",
				LEGAL_NOTICE,
				deadline_days=14,
				interest="Claim",
				claim_compensation=1,
			),
			_step("D60", 60, "Collection Agency", hand_over=1),
		],
	},
)
