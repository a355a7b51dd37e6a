// Dunning: asks for its fee or its interest to be waived.
frappe.ui.form.on("Dunning", {
	refresh(frm) {
		const { docstatus, status, dunning_fee, total_interest } = frm.doc;
		if (docstatus !== 1 || status !== "Unresolved") return;
		const actions = [];
		if (dunning_fee > 0) actions.push("Fee Waiver");
		if (total_interest > 0) actions.push("Interest Waiver");
		b2b_contracts.credit.add_request_buttons(frm, actions);
	},
});
