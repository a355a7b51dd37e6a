// Sales Invoice: says when an invoice counts as older than its due date, and lets a credit manager accept the date.
(() => {
	frappe.ui.form.on("Sales Invoice", {
		refresh(frm) {
			const { doc } = frm;
			if (doc.docstatus !== 1 || !doc.b2b_original_due_date || !doc.outstanding_amount) return;
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
		},
	});

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
