// A hold tells its story: why, how the figures stand, what can be done, who answered what. Nobody edits it here.
(() => {
	const credit = b2b_contracts.credit;
	// What the panel above the form says already, or only a search for evidence needs.
	const TECHNICAL = [
		"customer_name",
		"reference_doctype",
		"status",
		"action",
		"section_reasons",
		"section_figures",
		"section_order",
		"section_evidence",
	];

	frappe.ui.form.on("Credit Hold", {
		refresh(frm) {
			frm.disable_save();
			show_details(frm, Boolean(frm.b2b_details));
			frm.toggle_display("security_required", frm.doc.security_required);
			frm.toggle_display(
				"section_request",
				Boolean(frm.doc.requested_by || frm.doc.credit_advice)
			);
			frm.toggle_display("section_release", Boolean(frm.doc.released_by || frm.doc.rejected_by));
			offer_the_board(frm);
			show_matches(frm);
			credit.load_panel(
				frm,
				() => load(frm),
				(view) => draw(frm, view)
			);
		},
	});

	function show_details(frm, shown) {
		frm.b2b_details = shown;
		TECHNICAL.forEach((section) => frm.toggle_display(section, shown));
		frm.remove_custom_button(shown ? __("Show details") : __("Hide details"));
		frm.add_custom_button(shown ? __("Hide details") : __("Show details"), () =>
			show_details(frm, !shown)
		);
	}

	// What compliance looks at is decided on the match, which only compliance and auditors may read.
	function show_matches(frm) {
		const is_stopped = (frm.doc.reasons || []).some(({ rule }) => rule === "Compliance");
		if (!is_stopped || !frappe.model.can_read("Screening Match")) return;
		frm.add_custom_button(__("Screening matches"), () => {
			frappe.route_options = { customer: frm.doc.customer, status: ["in", ["Open", "Confirmed"]] };
			frappe.set_route("List", "Screening Match");
		});
	}

	// What takes the Board is minuted by a Finance Director, or decided by a link in a mail.
	function offer_the_board(frm) {
		const { may_minute, may_ask_the_board } = frm.doc.__onload || {};
		if (frm.doc.status !== "Open") return;
		if (may_ask_the_board)
			frm.add_custom_button(__("Ask the Board by mail"), () => credit.ask_the_board(frm));
		if (!may_minute) return;
		frm.add_custom_button(__("Minute the Board's release"), () =>
			credit.ask_reason({
				title: __("Minute the Board's release"),
				fields: [credit.minutes_field()],
				method: "release",
				args: { hold: frm.doc.name },
				primary_label: __("Release"),
				done: () => frm.reload_doc(),
			})
		);
	}

	// An open hold shows how things stand now; an answered one, or one whose document the user may not read, what was
	// written down.
	async function load(frm) {
		const { doc } = frm;
		let live = null;
		if (doc.status === "Open" && frappe.model.can_read(doc.reference_doctype)) {
			live =
				doc.reference_doctype === "Credit Profile"
					? await credit.quiet("credit_status", { customer: doc.customer, company: doc.company })
					: await credit.quiet("evaluate", {
							doctype: doc.reference_doctype,
							name: doc.reference_name,
					  });
		}
		return live?.checked ? { ...live, reasons: stored_reasons(doc), is_live: true } : stored(doc);
	}

	const stored_reasons = (doc) => (doc.reasons || []).map(({ rule, message }) => ({ rule, message }));

	function stored(doc) {
		const is_customer = doc.reference_doctype === "Credit Profile";
		const before = doc.net_exposure - doc.order_amount;
		return {
			currency: doc.currency,
			granted_limit: doc.granted_limit,
			order_amount: doc.order_amount,
			exposure_before: doc.exposure - doc.order_amount,
			secured: doc.secured,
			net_exposure: doc.net_exposure,
			utilisation_before: doc.granted_limit ? (before / doc.granted_limit) * 100 : credit.NO_PERCENTAGE,
			utilisation_after: doc.utilisation,
			headroom: doc.granted_limit - doc.net_exposure,
			reasons: stored_reasons(doc),
			ways_out: JSON.parse(doc.ways_out || "[]"),
			has_figures: !is_customer,
		};
	}

	function draw(frm, view) {
		const { doc } = frm;
		const hold = as_hold(doc, view);
		const done = () => frm.reload_doc();
		const is_open = doc.status === "Open";
		const is_customer = doc.reference_doctype === "Credit Profile";
		const reference = {
			doctype: doc.reference_doctype,
			name: doc.reference_name,
			customer: doc.customer,
			company: doc.company,
			docstatus: doc.reference_doctype === "Sales Order" ? 1 : 0,
		};
		const labels = is_open ? credit.way_labels({ frm: null, hold, view, reference }) : {};
		if (reference.doctype === "Sales Order" && frappe.model.can_write("Sales Order"))
			labels.add_po = __("Open order");
		delete labels.lift;
		const state = {
			view: view.is_live || view.has_figures ? view : { ...view, limit_type: "Unlimited" },
			color: doc.action === "Stop" && is_open ? "red" : credit.HOLD_COLOUR[doc.status],
			word:
				is_open && doc.action !== "Hold"
					? __(doc.action, null, "Credit Hold")
					: __(doc.status, null, "Credit Hold"),
			headline: headline(doc, is_customer),
			asides: [
				...credit.hold_asides(hold).slice(0, -1),
				credit.link(doc.reference_doctype, doc.reference_name),
				...(doc.decision ? [credit.link("Credit Decision", doc.decision, __("Decision"))] : []),
			],
			notes: credit.hold_notes(hold),
			show_reasons: true,
			actions: labels,
			buttons: credit.hold_buttons(hold),
		};
		if (!is_open) state.view = { ...state.view, ways_out: [] };
		credit.show_panel(frm, state, {
			...credit.hold_handlers(hold, done),
			way: (way) =>
				way.kind === "add_po"
					? frappe.set_route("Form", reference.doctype, reference.name)
					: credit.take_way({ frm, way, hold, view, reference, done }),
		});
	}

	function as_hold(doc, view) {
		const live = view.hold?.name === doc.name ? view.hold : doc.__onload || {};
		return {
			...doc,
			minutes_left: doc.response_due ? credit.minutes_until(doc.response_due) : null,
			may_release: live.may_release,
			why_not_release: live.why_not_release,
			may_advise: live.may_advise,
		};
	}

	function headline(doc, is_customer) {
		const kind = __(doc.reference_doctype);
		if (is_customer) {
			if (doc.status === "Cleared") return __("Its cause has gone: the stop has lifted itself.");
			if (doc.status !== "Open") return __("The hold on the customer was lifted.");
			return doc.action === "Delivery Stop"
				? __("Nothing is delivered to this customer.")
				: __("The whole customer is on hold.");
		}
		return {
			Open: __("{0} waits for an answer.", [kind]),
			Released: __("{0} may go ahead.", [kind]),
			Rejected: __("{0} was sent back to its seller.", [kind]),
			Cleared: __("The cause has gone: {0} goes ahead.", [kind]),
			Expired: __("The release has ended."),
			Cancelled: __("{0} was closed or cancelled.", [kind]),
		}[doc.status];
	}
})();
