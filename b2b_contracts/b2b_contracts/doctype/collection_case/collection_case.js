// Collection Case: how it stands, what may be done next, and by whom.
(() => {
	const credit = b2b_contracts.credit;
	const API = "b2b_contracts.collection_cases_api";
	const BEFORE = ["Draft", "Notice Sent", "Ready"];
	const AFTER = ["Handed Over", "With Agency"];
	const word = (value) => __(value, null, "Collection Case");
	const day = (value) => frappe.datetime.str_to_user(value);

	frappe.ui.form.on("Collection Case", {
		setup(frm) {
			frm.set_query("sales_invoice", "items", () => ({
				filters: {
					customer: frm.doc.customer,
					company: frm.doc.company,
					docstatus: 1,
					is_return: 0,
					outstanding_amount: [">", 0],
				},
			}));
		},
		async refresh(frm) {
			frm.set_intro("");
			frm.toggle_enable("items", frm.doc.status === "Draft");
			frm.toggle_enable(["agency_name", "agency_email"], BEFORE.includes(frm.doc.status));
			if (frm.is_new()) {
				frm.set_intro(
					__("Saving looks at every invoice: what must not be handed over is left out with the reason."),
					"blue"
				);
				return;
			}
			say_how_it_stands(frm);
			if (!frappe.perm.has_perm("Collection Case", 0, "write", frm.doc)) return;
			if (BEFORE.includes(frm.doc.status)) await add_buttons_before(frm);
			else if (AFTER.includes(frm.doc.status)) add_buttons_after(frm);
			add_buttons_of_court(frm);
		},
		customer: forget_items,
		company: forget_items,
	});

	function forget_items(frm) {
		frm.clear_table("items");
		frm.refresh_field("items");
	}

	function say_how_it_stands(frm) {
		const { status, notice_deadline, hand_over_from, agency_name, end_reason, open_amount, currency } = frm.doc;
		const open = format_currency(open_amount, currency);
		if (status === "Draft")
			frm.set_intro(__("Proposed. Send the last notice: the deadline begins with it."), "orange");
		else if (status === "Notice Sent")
			frm.set_intro(
				__("The customer has until {0}. Hand-over from {1}.", [day(notice_deadline), day(hand_over_from)]),
				"blue"
			);
		else if (status === "Ready")
			frm.set_intro(__("The deadline has passed, {0} is open: it may be handed over.", [open]), "red");
		else if (AFTER.includes(status))
			frm.set_intro(__("With {0}. {1} is still open.", [credit.esc(agency_name), open]), "blue");
		else frm.set_intro(credit.esc(end_reason || ""), status === "Paid" ? "green" : "orange");
	}

	// ---------------------------------------------------------------- ours
	async function add_buttons_before(frm) {
		const { name, status } = frm.doc;
		const again = status !== "Draft";
		const button = frm.add_custom_button(again ? __("Send notice again") : __("Send last notice"), () =>
			send_notice(frm)
		);
		if (!again) button.addClass("btn-primary");
		frm.add_custom_button(__("Withdraw"), () => withdraw(frm));
		if (status === "Draft") return;
		const why_not = await frappe.xcall(`${API}.why_not_hand_over`, { case: name });
		if (frm.doc.name !== name || frm.doc.status !== status) return;
		if (!why_not) frm.add_custom_button(__("Hand over"), () => hand_over(frm)).addClass("btn-primary");
		else if (status === "Ready") frm.set_intro(credit.esc(why_not), "orange");
	}

	function send_notice(frm) {
		const choices = ["E-mail", "Letter", "Registered Letter"].map((value) => ({ value, label: word(value) }));
		frappe.prompt(
			[
				{
					fieldname: "channel",
					fieldtype: "Select",
					label: __("Sent by"),
					options: choices,
					default: "Registered Letter",
					reqd: 1,
				},
				{
					fieldname: "proof",
					fieldtype: "Attach",
					label: __("Proof of dispatch"),
					description: __("Only for a notice that went out before today."),
				},
				{
					fieldname: "sent_on",
					fieldtype: "Date",
					label: __("Sent on"),
					default: frappe.datetime.get_today(),
					depends_on: "proof",
				},
			],
			({ channel, proof, sent_on }) =>
				act(frm, "send_notice", proof ? { channel, proof, sent_on } : { channel }),
			__("Send last notice"),
			__("Send", null, "Collection Case")
		);
	}

	function hand_over(frm) {
		frappe.prompt(
			[
				{
					fieldname: "agency_name",
					fieldtype: "Data",
					label: __("Agency"),
					default: frm.doc.agency_name,
					reqd: 1,
				},
				{
					fieldname: "agency_email",
					fieldtype: "Data",
					options: "Email",
					label: __("Agency's e-mail"),
					default: frm.doc.agency_email,
				},
			],
			(values) => act(frm, "hand_over", values),
			__("Hand over {0}", [format_currency(frm.doc.total_amount, frm.doc.currency)]),
			__("Hand over")
		);
	}

	function withdraw(frm) {
		frappe.prompt(
			{
				fieldname: "reason",
				fieldtype: "Small Text",
				label: __("Reason"),
				description: __("What is open is reminded of again."),
				reqd: 1,
			},
			(values) => act(frm, "withdraw_case", values),
			__("Withdraw"),
			__("Withdraw")
		);
	}

	// ---------------------------------------------------------------- the agency's
	function add_buttons_after(frm) {
		frm.add_custom_button(__("Status from the agency"), () => report(frm)).addClass("btn-primary");
		frm.add_custom_button(__("Payment at the agency"), () => pay(frm));
		frm.add_custom_button(__("CSV"), () => export_case(frm, "CSV"), __("For the agency"));
		frm.add_custom_button(__("Excel"), () => export_case(frm, "Excel"), __("For the agency"));
		frm.add_custom_button(__("Make the bundle again"), () => bundle(frm), __("For the agency"));
		frm.add_custom_button(__("Withdraw"), () => withdraw(frm));
	}

	function report(frm) {
		frappe.prompt(
			[
				{
					fieldname: "status",
					fieldtype: "Select",
					label: __("Status"),
					options: ["With Agency", "Paid", "Returned"].map((value) => ({ value, label: word(value) })),
					default: "With Agency",
					reqd: 1,
				},
				{
					fieldname: "agency_reference",
					fieldtype: "Data",
					label: __("Agency's reference"),
					default: frm.doc.agency_reference,
				},
				{ fieldname: "note", fieldtype: "Small Text", label: __("Note") },
			],
			(values) => act(frm, "report_status", values),
			__("Status from the agency"),
			__("Save")
		);
	}

	function pay(frm) {
		frappe.prompt(
			[
				{
					fieldname: "paid_on",
					fieldtype: "Date",
					label: __("Paid on"),
					default: frappe.datetime.get_today(),
					reqd: 1,
				},
				{
					fieldname: "amount",
					fieldtype: "Currency",
					options: frm.doc.currency,
					label: __("Amount"),
					default: frm.doc.open_amount,
					reqd: 1,
				},
				{ fieldname: "reference", fieldtype: "Data", label: __("Reference"), reqd: 1 },
			],
			async (values) => {
				const made = await act(frm, "record_payment", values);
				const link = frappe.utils.get_form_link("Payment Entry", made.payment_entry, true);
				frappe.msgprint(__("Draft {0} waits for accounts to submit it.", [link]));
			},
			__("Payment at the agency"),
			__("Save")
		);
	}

	async function bundle(frm) {
		await act(frm, "make_bundle");
		frappe.show_alert({ message: __("The bundle is being made."), indicator: "blue" });
	}

	// ---------------------------------------------------------------- a court's
	function add_buttons_of_court(frm) {
		const { status, court_outcome } = frm.doc;
		const is_pending = court_outcome === "Pending";
		const may_be_sued = [...BEFORE, ...AFTER, "Returned"].includes(status);
		if (may_be_sued && (!court_outcome || is_pending))
			frm.add_custom_button(__("Suit filed"), () => file_suit(frm), __("Court"));
		if (is_pending) frm.add_custom_button(__("Outcome"), () => decide(frm), __("Court"));
	}

	function file_suit(frm) {
		const { suit_filed_on, court, court_reference } = frm.doc;
		frappe.prompt(
			[
				{
					fieldname: "filed_on",
					fieldtype: "Date",
					label: __("Suit filed on"),
					default: suit_filed_on || frappe.datetime.get_today(),
					description: __("Interrupts the limitation of every claim in the case that is not over by then."),
					reqd: 1,
				},
				{ fieldname: "court", fieldtype: "Data", label: __("Court"), default: court, reqd: 1 },
				{
					fieldname: "court_reference",
					fieldtype: "Data",
					label: __("Court's reference"),
					default: court_reference,
				},
			],
			(values) => act(frm, "record_suit", values),
			__("Suit filed"),
			__("Save")
		);
	}

	function decide(frm) {
		frappe.prompt(
			[
				{
					fieldname: "outcome",
					fieldtype: "Select",
					label: __("Outcome"),
					options: ["Judgment", "No Judgment"].map((value) => ({ value, label: word(value) })),
					description: __("A settlement in court counts as a judgment. From one, limitation runs anew."),
					reqd: 1,
				},
				{
					fieldname: "decided_on",
					fieldtype: "Date",
					label: __("Decided on"),
					default: frappe.datetime.get_today(),
					reqd: 1,
				},
				{ fieldname: "note", fieldtype: "Small Text", label: __("What was decided"), reqd: 1 },
			],
			(values) => act(frm, "record_court_outcome", values),
			__("Outcome"),
			__("Save")
		);
	}

	const export_case = (frm, file_type) =>
		open_url_post(`/api/method/${API}.export_cases`, { cases: [frm.doc.name], file_type });

	async function act(frm, method, values = {}) {
		const call = { method: `${API}.${method}`, args: { case: frm.doc.name, ...values }, freeze: true };
		const answer = (await frappe.call(call)).message;
		await frm.reload_doc();
		return answer;
	}
})();
