"""The call scripts of the collections worklist as plain data: what a new site starts with, in four languages.

A user may edit or delete every record that is made of them; nothing here is ever written over one. A sentence a line; a line
whose placeholder has nothing to say is left out when it is shown.
"""

_ASK = {
	"en": "Ask for an amount and a day, and repeat both. If they cannot pay at once, offer a payment plan.",
	"da": "Spørg om et beløb og en dag, og gentag begge. Kan de ikke betale på én gang, så tilbyd en betalingsplan.",
	"nb": "Spør om et beløp og en dag, og gjenta begge. Kan de ikke betale alt på én gang, tilby en betalingsplan.",
	"sv": "Fråga efter ett belopp och en dag, och upprepa båda. Kan de inte betala på en gång, erbjud en betalningsplan.",
}
_WRONG = {
	"en": "If something is wrong with an invoice, note a dispute now: the rest of it stays due.",
	"da": "Er der noget galt med en faktura, så notér en indsigelse nu: resten er stadig forfalden.",
	"nb": "Er noe galt med en faktura, registrer en innsigelse nå: resten er fortsatt forfalt.",
	"sv": "Är något fel med en faktura, registrera en invändning nu: resten är fortfarande förfallen.",
}
_LEFT_OUT = {
	"en": "Do not ask for {{ left_out }}: it is disputed, agreed, promised or on its way.",
	"da": "Spørg ikke efter {{ left_out }}: beløbet er bestridt, aftalt, lovet eller på vej.",
	"nb": "Spør ikke etter {{ left_out }}: beløpet er bestridt, avtalt, lovet eller på vei.",
	"sv": "Fråga inte efter {{ left_out }}: beloppet är bestritt, avtalat, utlovat eller på väg.",
}
_HELLO = {
	"en": "Good morning, this is {{ collector }} of {{ company }}. Could I speak to whoever pays your invoices?",
	"da": "Goddag, det er {{ collector }} fra {{ company }}. Må jeg tale med den, der betaler jeres fakturaer?",
	"nb": "God dag, dette er {{ collector }} fra {{ company }}. Kan jeg få snakke med den som betaler fakturaene deres?",
	"sv": "God dag, det här är {{ collector }} på {{ company }}. Kan jag få tala med den som betalar era fakturor?",
}
# situation → language → what is said between the greeting and the question for a day
_MIDDLE = {
	"Overdue": {
		"en": [
			"{{ count }} invoices are overdue, together {{ amount }}; the oldest, {{ oldest_invoice }}, since {{ oldest_due_date }}.",
			"Have you received them, and is everything right with them? What keeps you from paying?",
		],
		"da": [
			"{{ count }} fakturaer er forfaldne, i alt {{ amount }}; den ældste, {{ oldest_invoice }}, siden {{ oldest_due_date }}.",
			"Har I modtaget dem, og er der noget galt med dem? Hvad holder jer fra at betale?",
		],
		"nb": [
			"{{ count }} fakturaer er forfalt, til sammen {{ amount }}; den eldste, {{ oldest_invoice }}, siden {{ oldest_due_date }}.",
			"Har dere fått dem, og er alt i orden med dem? Hva hindrer dere i å betale?",
		],
		"sv": [
			"{{ count }} fakturor har förfallit, tillsammans {{ amount }}; den äldsta, {{ oldest_invoice }}, sedan {{ oldest_due_date }}.",
			"Har ni fått dem, och stämmer de? Vad hindrar er från att betala?",
		],
	},
	"Broken Promise": {
		"en": [
			"You promised {{ promised_amount }} by {{ promised_date }}, and we have not received it. What came in between?",
			"{{ amount }} is overdue in all; the oldest invoice, {{ oldest_invoice }}, has been due for {{ days }} days.",
		],
		"da": [
			"I lovede {{ promised_amount }} senest {{ promised_date }}, og vi har ikke modtaget beløbet. Hvad kom der i vejen?",
			"I alt er {{ amount }} forfaldet; den ældste faktura, {{ oldest_invoice }}, har været forfalden i {{ days }} dage.",
		],
		"nb": [
			"Dere lovet {{ promised_amount }} innen {{ promised_date }}, og vi har ikke mottatt beløpet. Hva kom i veien?",
			"Til sammen er {{ amount }} forfalt; den eldste fakturaen, {{ oldest_invoice }}, har vært forfalt i {{ days }} dager.",
		],
		"sv": [
			"Ni lovade {{ promised_amount }} senast {{ promised_date }}, och vi har inte fått beloppet. Vad kom emellan?",
			"Sammanlagt har {{ amount }} förfallit; den äldsta fakturan, {{ oldest_invoice }}, har varit förfallen i {{ days }} dagar.",
		],
	},
	"Missed Instalment": {
		"en": [
			"The instalment of the payment plan that was due has not been paid ({{ missed_date }}).",
			"If it is not paid within the days of grace, the plan ends and everything is due at once. {{ amount }} can be asked for now.",
		],
		"da": [
			"Raten i betalingsplanen er ikke betalt ({{ missed_date }}).",
			"Betales den ikke inden for henstandsdagene, ophører planen, og alt forfalder på én gang. Lige nu kan der kræves {{ amount }}.",
		],
		"nb": [
			"Avdraget i betalingsplanen er ikke betalt ({{ missed_date }}).",
			"Betales det ikke innen fristdagene, opphører planen, og alt forfaller på én gang. Akkurat nå kan {{ amount }} kreves.",
		],
		"sv": [
			"Avbetalningen i betalningsplanen har inte betalats ({{ missed_date }}).",
			"Betalas den inte inom respitdagarna upphör planen, och allt förfaller på en gång. Just nu kan {{ amount }} krävas.",
		],
	},
	"Open Dispute": {
		"en": [
			"You dispute {{ disputed_amount }}. We are looking into it; is there anything that we lack to settle it?",
			"The rest, {{ amount }}, is not disputed and overdue.",
		],
		"da": [
			"I bestrider {{ disputed_amount }}. Vi ser på sagen; mangler vi noget for at kunne afslutte den?",
			"Resten, {{ amount }}, er ikke bestridt og er forfaldet.",
		],
		"nb": [
			"Dere bestrider {{ disputed_amount }}. Vi ser på saken; mangler vi noe for å avslutte den?",
			"Resten, {{ amount }}, er ikke bestridt og er forfalt.",
		],
		"sv": [
			"Ni bestrider {{ disputed_amount }}. Vi ser på ärendet; saknar vi något för att avsluta det?",
			"Resten, {{ amount }}, är inte bestridd och har förfallit.",
		],
	},
	"Not Due": {
		"en": [
			"I call to hear whether our invoices have arrived and are right, so that nothing holds them up."
		],
		"da": [
			"Jeg ringer for at høre, om vores fakturaer er kommet frem og er i orden, så intet forsinker dem."
		],
		"nb": [
			"Jeg ringer for å høre om fakturaene våre er kommet fram og er i orden, så ingenting forsinker dem."
		],
		"sv": [
			"Jag ringer för att höra om våra fakturor har kommit fram och stämmer, så att inget fördröjer dem."
		],
	},
}

SCRIPTS = tuple(
	{
		"situation": situation,
		"language": language,
		"lines": "\n".join(
			(
				_HELLO[language],
				*middle,
				*(() if situation == "Not Due" else (_LEFT_OUT[language], _ASK[language])),
				_WRONG[language],
			)
		),
	}
	for situation, by_language in _MIDDLE.items()
	for language, middle in by_language.items()
)
