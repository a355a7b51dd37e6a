// What the panel says of a selling document and of a hold: word, colour, headline, who decides and until when.
frappe.provide("b2b_contracts.credit");

(() => {
	const credit = b2b_contracts.credit;

	const DRAFT = {
		Clear: () => ["green", __("Passes"), __("Submitted now, this order passes the credit check.")],
		Held: () => [
			"orange",
			__("Would wait"),
			__("Submitted now, this order waits for a credit decision."),
		],
		Stopped: () => [
			"red",
			__("Would wait"),
			__("The customer is on credit stop: submitted now, this order waits."),
		],
	};

	const SUBMITTED = {
		Clear: () => __("This order has passed the credit check."),
		Held: () => __("On hold until credit is decided: no delivery, no billing."),
		Stopped: () => __("The customer is on credit stop: no delivery, no billing."),
		Released: () => __("Released: it may be delivered and billed."),
		Rejected: () => __("Sent back: change the order to have it decided again, or close it."),
		"Not Checked": () => __("Nobody has checked this order for credit."),
	};

	// What compliance looks at is no matter of credit.
	const for_compliance = (view) => (view.reasons || []).some(({ rule }) => rule === "Compliance");

	// Nor is an order that departs from its contract, where nothing else is wrong with it.
	const for_contract_alone = (view) =>
		!!view.reasons?.length && view.reasons.every(({ rule }) => rule === "Contract");

	const headline_of = (status, view) => {
		if (status === "Stopped" && for_compliance(view))
			return __("Stopped until compliance has decided: no delivery, no billing.");
		if (status === "Held" && for_contract_alone(view))
			return __("On hold until somebody decides about the contract: no delivery, no billing.");
		return SUBMITTED[status]();
	};

	const headline_of_draft = (view, of_credit) => {
		if (for_compliance(view)) return __("Submitted now, this order waits until compliance has decided.");
		if (for_contract_alone(view))
			return __("Submitted now, this order waits until somebody decides about the contract.");
		return of_credit;
	};

	// The panel's state for a sales order on its form, from what `api.evaluate` or `api.evaluate_draft` said.
	credit.order_state = (frm, view) => {
		if (frm.doc.docstatus === 0) return draft_state(frm, view);
		const status = frm.doc.b2b_credit_status || "Not Checked";
		const is_waiting = ["Held", "Stopped"].includes(status);
		const hold = view.hold;
		const reference = { ...frm.doc };
		const state = {
			view,
			color: credit.STATUS_COLOUR[status],
			word: __(status, null, "Sales Order"),
			headline: headline_of(status, view),
			asides: hold ? credit.hold_asides(hold, status) : [],
			notes: hold ? credit.hold_notes(hold, status) : [],
			show_reasons: is_waiting,
			actions: is_waiting ? credit.way_labels({ frm, hold, view, reference }) : {},
			buttons: is_waiting && hold ? credit.hold_buttons(hold) : [],
		};
		if (is_waiting && credit.lacks_limit(view) && credit.may_ask_limit(view))
			state.buttons.push({ action: "ask_limit", label: __("Ask for a higher limit") });
		if (view.milestones) state.notes.push(milestones_note(view.milestones));
		if (status === "Not Checked" && view.mode === "Observe") {
			state.headline =
				view.outcome === "Clear"
					? __("The credit policy only observes: it would let this order pass.")
					: __("The credit policy only observes: it would hold this order.");
			state.show_reasons = view.outcome !== "Clear";
		}
		return state;
	};

	// How far an order has come that is paid by milestones.
	function milestones_note({ plan, is_draft, currency, total, paid, next }) {
		const link = credit.link("Order Milestone Plan", plan);
		if (is_draft) return __("Milestone plan {0} is a draft.", [link]);
		const so_far = __("Milestone plan {0}: {1} of {2} paid.", [
			link,
			credit.money(paid, currency),
			credit.money(total, currency),
		]);
		if (!next) return so_far;
		const status = __(next.status, null, "Order Milestone");
		return `${so_far} ${__("Next: {0}, {1} ({2}).", [
			credit.esc(next.title),
			credit.money(next.amount, currency),
			credit.esc(status),
		])}`;
	}

	function draft_state(frm, view) {
		const [color, word, of_credit] = (DRAFT[view.outcome] || DRAFT.Held)();
		const headline = headline_of_draft(view, of_credit);
		if (!(view.order_amount > 0)) {
			return {
				view,
				color: "gray",
				word: __("Draft"),
				headline: __("Enter what is ordered to see whether it passes."),
			};
		}
		const observed = view.mode === "Observe";
		return {
			view,
			color: observed ? "gray" : color,
			word: observed ? __("Observed") : word,
			headline:
				observed && view.outcome !== "Clear"
					? __("The credit policy only observes: it would hold this order.")
					: headline,
			is_draft: true,
			show_reasons: view.outcome !== "Clear",
			actions: credit.way_labels({ frm, hold: null, view, reference: frm.doc }),
		};
	}

	credit.hold_asides = (hold, status) => {
		const asides = hold.is_premium ? [credit.pill(__("Premium", null, "Credit List Entry"), "green")] : [];
		if (hold.status === "Open") {
			if (hold.required_role)
				asides.push(__("Decided by {0}", [credit.esc(__(hold.required_role)).bold()]));
			if (hold.minutes_left !== null && hold.minutes_left !== undefined) {
				asides.push(
					`<span class="indicator ${credit.clock_colour(hold.minutes_left)}">${credit.esc(
						credit.clock_text(hold.minutes_left)
					)}</span>`
				);
			}
		}
		asides.push(credit.link("Credit Hold", hold.name));
		return asides;
	};

	// What people wrote about a hold, each a line of its own.
	credit.hold_notes = (hold) => {
		const notes = [];
		if (hold.status === "Open" && hold.requested_by) {
			notes.push(
				hold.request_reason
					? __("Release requested by {0}: {1}", [
							credit.person(hold.requested_by),
							credit.esc(hold.request_reason),
					  ])
					: __("Release requested by {0}.", [credit.person(hold.requested_by)])
			);
		}
		if (hold.status === "Open" && hold.credit_advice) {
			const advice = credit.esc(__(hold.credit_advice, null, "Credit Hold")).bold();
			notes.push(
				hold.advice_reason
					? __("Credit advice: {0}. {1}", [advice, credit.esc(hold.advice_reason)])
					: __("Credit advice: {0}.", [advice])
			);
		}
		if (hold.released_by) {
			notes.push(
				__("Released by {0}: {1}", [credit.person(hold.released_by), credit.esc(hold.release_reason)])
			);
			if (hold.status === "Released" && hold.valid_until) {
				notes.push(
					__("The release is valid until {0}.", [frappe.datetime.str_to_user(hold.valid_until)])
				);
			}
		}
		if (hold.rejected_by) {
			notes.push(
				__("Rejected by {0}: {1}", [credit.person(hold.rejected_by), credit.esc(hold.reject_reason)])
			);
		}
		// Who has the role and may not after all is told why; all others read who decides.
		if (hold.status === "Open" && hold.why_not_release && credit.may_act_for(hold.required_role)) {
			notes.push(credit.esc(hold.why_not_release));
		}
		return notes;
	};

	// What somebody may answer to an open hold, beside the ways out (which offer release and advice).
	credit.hold_buttons = (hold) => {
		if (hold.status !== "Open") return [];
		if (hold.reference_doctype === "Credit Profile") {
			return credit.may_answer(hold) ? [{ action: "lift", label: __("Lift"), primary: true }] : [];
		}
		return credit.may_advise(hold)
			? [{ action: "reject", label: __("Reject", null, "Credit Hold") }]
			: [];
	};

	credit.hold_handlers = (hold, done) => ({
		reject: () => credit.reject(hold, done),
		lift: () => credit.lift(hold, done),
	});
})();
