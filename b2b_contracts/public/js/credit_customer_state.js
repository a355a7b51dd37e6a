// The panel of a customer in a company, for the Customer and the Credit Profile form, and what can be done there.
frappe.provide("b2b_contracts.credit");

(() => {
	const credit = b2b_contracts.credit;

	credit.customer_state = (view, holds) => {
		const customer_hold = credit.hold_of_customer(holds);
		const stopped = view.outcome === "Stopped" || customer_hold?.action === "Stop";
		const no_goods = customer_hold?.action === "Delivery Stop";
		const state = {
			view,
			holds,
			contacts: view.contacts,
			asides: [],
			notes: no_goods ? stop_notes(customer_hold) : [],
			show_reasons: view.outcome !== "Clear",
			buttons: [],
			...(stopped
				? {
						color: "red",
						word: __("Stop", null, "Credit Profile"),
						headline: __("New orders wait and nothing is delivered."),
				  }
				: no_goods
				? {
						color: "orange",
						word: __("Delivery Stop", null, "Credit Profile"),
						headline: __("New orders are entered, but nothing is delivered."),
				  }
				: customer_hold
				? {
						color: "orange",
						word: __("Hold", null, "Credit Profile"),
						headline: __("New orders wait for a credit decision."),
				  }
				: view.outcome === "Clear"
				? {
						color: "green",
						word: __("Open", null, "Credit Profile"),
						headline: __("New orders go ahead while they fit the limit."),
				  }
				: {
						color: "orange",
						word: __("Orders wait"),
						headline: __("As it stands, every new order waits."),
				  }),
		};
		if (view.is_premium) state.asides.push(credit.pill(__("Premium", null, "Credit List Entry"), "green"));
		if (view.mode === "Observe") state.asides.push(__("The credit policy only observes."));
		if (view.segment)
			state.asides.push(
				__("Segment {0}, risk class {1}", [
					credit.esc(view.segment).bold(),
					credit.esc(view.risk_class).bold(),
				])
			);
		return state;
	};

	// Why nothing is delivered, and what would lift that.
	function stop_notes(hold) {
		const why = hold.reasons.map(({ message }) => credit.esc(message));
		const lifted_by = (hold.lifted_by || []).map((text) => credit.esc(text)).join(" ");
		return lifted_by ? [...why, __("It lifts itself when this is done: {0}", [lifted_by])] : why;
	}

	// The strictest hold or stop on the customer as a whole, undefined without one.
	credit.hold_of_customer = (holds) => {
		const own = (holds || []).filter((hold) => hold.reference_doctype === "Credit Profile");
		const by_action = (action) => own.find((hold) => hold.action === action);
		return by_action("Stop") || by_action("Delivery Stop") || own[0];
	};

	// Draws the panel of a customer on a form, with the buttons that put on hold and lift.
	credit.show_customer = (frm, customer, company, extra = {}) =>
		credit.load_panel(
			frm,
			() => credit.quiet("credit_status", { customer, company }),
			(view) => {
				if (!view.checked) {
					extra.unchecked ? extra.unchecked(view) : credit.hide_panel(frm);
					return;
				}
				const state = credit.customer_state(view, view.open_holds);
				const hold = credit.hold_of_customer(view.open_holds);
				const done = () => frm.reload_doc();
				const reference = { doctype: "Customer", customer, company };
				state.actions = credit.way_labels({ frm: null, hold: null, view, reference });
				if (extra.asides) state.asides.push(...extra.asides(view));
				if (hold && credit.may_answer(hold)) {
					state.buttons.push({ action: "lift", label: __("Lift hold"), primary: true });
				} else if (!hold && view.profile && credit.is_credit_role()) {
					state.buttons.push({ action: "force", label: __("Put on hold") });
				}
				if (credit.may_ask_limit(view))
					state.buttons.push({ action: "ask_limit", label: __("Ask for a higher limit") });
				if (extra.buttons) state.buttons.push(...extra.buttons(view));
				const $panel = credit.show_panel(frm, state, {
					lift: () => credit.lift(hold, done),
					force: () => credit.force_hold(customer, company, done),
					ask_limit: () => credit.ask_limit({ customer, company, done }),
					profile: () =>
						view.profile
							? frappe.set_route("Form", "Credit Profile", view.profile)
							: credit.new_profile(customer, company),
					way: (way) => credit.take_way({ frm, way, hold: null, view, reference, done }),
				});
				extra.drawn?.($panel);
			}
		);
})();
