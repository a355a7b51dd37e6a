// Sales Invoice: disputes it, makes a payment plan of it, says what of it is not chased, and when it counts as older
// than its due date.
(() => {
	frappe.ui.form.on("Sales Invoice", {
		refresh(frm) {
			const { doc } = frm;
			frm.layout.message.find(".form-message:has(.b2b-said)").remove();
			if (doc.docstatus === 1 && !doc.is_return && !doc.b2b_payment_reference && frm.perm[0]?.submit) {
				frm.add_custom_button(__("Make payment reference"), () => make_reference(frm), __("Credit"));
			}
			if (doc.docstatus !== 1 || doc.is_return || !doc.outstanding_amount) return;
			if (frappe.model.can_create("Dispute")) {
				frm.add_custom_button(__("Dispute"), () => dispute(frm), __("Credit"));
				frm.add_custom_button(__("Link for the customer"), () => show_link(frm), __("Credit"));
			}
			frm.add_custom_button(__("Payment link"), () => show_payment_link(frm), __("Credit"));
			if (frappe.model.can_create("Payment Plan") && !doc.b2b_planned_amount) {
				frm.add_custom_button(__("Payment plan"), () => plan(frm), __("Credit"));
			}
			b2b_contracts.credit.add_request_buttons(frm, ["Cash Discount", "Due Date Change", "Write-off"]);
			say_what_is_set_aside(frm);
			say_since_when_it_counts(frm);
		},
	});

	function dispute(frm) {
		frappe.model.open_mapped_doc({ method: "b2b_contracts.collections_api.make_dispute", frm });
	}

	// For a mail of one's own: the page behind it is the customer's way to dispute the invoice.
	async function show_link({ doc: { name } }) {
		const link = await frappe.xcall("b2b_contracts.collections_api.dispute_link", { invoice: name });
		const said = __("With this link the customer can dispute the invoice, without log-in, for 90 days.");
		show(__("Link for the customer"), said, link);
	}

	async function show_payment_link({ doc: { name } }) {
		const link = await frappe.xcall("b2b_contracts.payments_api.payment_link", { invoice: name });
		const said = __(
			"Behind this link the customer sees what is open of the invoice, where to pay it and the payment reference, without log-in, for 90 days."
		);
		show(__("Payment link"), said, link);
	}

	function show(title, said, link) {
		frappe.msgprint({
			title,
			message: `<p>${said}</p><p class="text-break">${frappe.utils.escape_html(link)}</p>`,
			primary_action: {
				label: __("Copy to Clipboard"),
				action: () => frappe.utils.copy_to_clipboard(link),
			},
		});
	}

	async function make_reference(frm) {
		await frappe.xcall("b2b_contracts.payments_api.make_payment_reference", { invoice: frm.doc.name });
		frm.reload_doc();
	}

	async function plan({ doc: { name, customer, company } }) {
		const args = { customer, company, invoices: [name] };
		const made = await b2b_contracts.credit.act("make_payment_plan", args);
		const [synced] = frappe.model.sync(made);
		frappe.set_route("Form", synced.doctype, synced.name);
	}

	// Above the fields: ERPNext has the form's indicators on its last tab, where nobody looks.
	function say(frm, html, colour) {
		frm.set_intro(`<span class="b2b-said">${html}</span>`, colour);
	}

	function say_what_is_set_aside(frm) {
		const { doc } = frm;
		const money = (amount) => format_currency(amount, doc.party_account_currency);
		if (doc.b2b_disputed_amount) {
			const words = __("Disputed: {0}", [money(doc.b2b_disputed_amount)]);
			say(frm, list_link("Dispute", doc.name, words), "orange");
		}
		if (doc.b2b_planned_amount) {
			const words = __("In a payment plan: {0}", [money(doc.b2b_planned_amount)]);
			say(frm, list_link("Payment Plan", doc.name, words), "blue");
		}
		if (doc.b2b_awaited_amount) {
			const words = __("On its way by a payment slip: {0}", [money(doc.b2b_awaited_amount)]);
			say(frm, list_link("Payment Slip", doc.name, words), "blue");
		}
	}

	// A link to what an invoice stands in, or the words alone for whom it would lead nowhere.
	function list_link(doctype, invoice, words) {
		if (!frappe.model.can_read(doctype)) return words;
		const query = new URLSearchParams({ [`${doctype} Invoice.sales_invoice`]: invoice });
		return `<a href="/app/${frappe.router.slug(doctype)}?${query}">${words}</a>`;
	}

	function say_since_when_it_counts(frm) {
		const { doc } = frm;
		if (!doc.b2b_original_due_date) return;
		const since = frappe.datetime.str_to_user(doc.b2b_original_due_date);
		say(
			frm,
			doc.b2b_bills_again
				? __("For credit this invoice counts as due since {0}: it stands for {1}.", [
						since,
						frappe.utils.get_form_link("Sales Invoice", doc.b2b_bills_again, true),
				  ])
				: __("For credit this invoice counts as due since {0}, the date of the agreed terms.", [since]),
			"orange"
		);
		if (b2b_contracts.credit.may_act_for("Credit Manager")) {
			frm.add_custom_button(__("Accept due date"), () => accept(frm), __("Credit"));
		}
	}

	function accept(frm) {
		frappe.prompt(
			{
				fieldname: "reason",
				fieldtype: "Small Text",
				label: __("Why this is a new debt"),
				reqd: 1,
			},
			async ({ reason }) => {
				await frappe.xcall("b2b_contracts.api.accept_due_date", { invoice: frm.doc.name, reason });
				frm.reload_doc();
			},
			__("Count from the due date on the invoice"),
			__("Accept")
		);
	}
})();
