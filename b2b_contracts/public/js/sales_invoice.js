// Sales Invoice: disputes it, says what of it is not chased, and when it counts as older than its due date.
(() => {
	frappe.ui.form.on("Sales Invoice", {
		refresh(frm) {
			const { doc } = frm;
			if (doc.docstatus !== 1 || doc.is_return || !doc.outstanding_amount) return;
			if (frappe.model.can_create("Dispute")) {
				frm.add_custom_button(__("Dispute"), () => dispute(frm), __("Credit"));
			}
			say_what_is_set_aside(frm);
			say_since_when_it_counts(frm);
		},
	});

	function dispute(frm) {
		frappe.model.open_mapped_doc({ method: "b2b_contracts.collections_api.make_dispute", frm });
	}

	function say_what_is_set_aside({ doc, dashboard }) {
		const money = (amount) => format_currency(amount, doc.party_account_currency);
		if (doc.b2b_disputed_amount) {
			dashboard.add_indicator(__("Disputed: {0}", [money(doc.b2b_disputed_amount)]), "orange");
		}
		if (doc.b2b_planned_amount) {
			dashboard.add_indicator(__("In a payment plan: {0}", [money(doc.b2b_planned_amount)]), "blue");
		}
	}

	function say_since_when_it_counts(frm) {
		const { doc } = frm;
		if (!doc.b2b_original_due_date) return;
		const since = frappe.datetime.str_to_user(doc.b2b_original_due_date);
		frm.set_intro(
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
