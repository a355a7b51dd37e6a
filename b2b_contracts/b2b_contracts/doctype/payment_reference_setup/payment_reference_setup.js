// Payment Reference Setup: its accounts, and the references of invoices that were there before it.
frappe.ui.form.on("Payment Reference Setup", {
	setup(frm) {
		frm.set_query("bank_account", () => ({
			filters: { is_company_account: 1, company: frm.doc.company },
		}));
	},
	refresh(frm) {
		if (frm.is_new() || frm.doc.disabled || !frm.perm[0]?.write) return;
		frm.add_custom_button(__("Make references for open invoices"), () => {
			frappe.confirm(
				__("Give every open invoice of {0} that has no payment reference one?", [
					frappe.utils.escape_html(frm.doc.company),
				]),
				async () => {
					await frappe.xcall("b2b_contracts.payments_api.make_payment_references", {
						company: frm.doc.company,
					});
					frappe.show_alert({
						message: __("They are being made. What came of it is shown here when it is done."),
						indicator: "blue",
					});
				}
			);
		});
		frappe.realtime.off("b2b_payment_references");
		frappe.realtime.on("b2b_payment_references", ({ company }) => {
			if (company === frm.doc.company && !frm.is_dirty()) frm.reload_doc();
		});
	},
});
